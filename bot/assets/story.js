// The story: what it has come to, following whoever acts, standing still.

import { $, toast } from "./dom.js";
import { post } from "./net.js";

export class Story {
  constructor(app) {
    this.app = app;
    this.told = null;
    $("story-pause").addEventListener("click", () => this.pause($("story-pause").getAttribute("aria-pressed") !== "true"));
    $("story-follow").addEventListener("change", () => this.told && this.follow());
  }

  take(told) {
    this.told = told;
    $("story-place").textContent = told.of ? `第 ${told.scene} 场，共 ${told.of} 场` : "";
    $("story-title").textContent = told.title;
    if (told.over) {
      $("story").hidden = true;
      $("hint").textContent = told.title;
      $("tour").hidden = false;
    }
    if (!told.late || told.who) this.follow();
  }

  // One who writes is left in peace.
  follow() {
    const writing = this.app.columns.some((column) => column.input.value.trim());
    if (!$("story-follow").checked || writing || !this.told.who) return;
    this.app.become(this.app.person(this.told.who));
    this.app.lookAt(this.told.chat);
  }

  async pause(paused) {
    try {
      await post("story", { who: this.app.me.id, paused });
      $("story-pause").setAttribute("aria-pressed", String(paused));
      $("story-pause").textContent = paused ? "继续" : "暂停";
    } catch (failure) {
      toast(failure.message, true);
    }
  }
}
