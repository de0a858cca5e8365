// One chat: its messages, its unread count, its composer.

import { face, h, icon, toast, wall } from "./dom.js";
import { choosePlace } from "./dialogs.js";
import { draw } from "./message.js";
import { post, upload } from "./net.js";

const NEAR = 80;

export class Column {
  constructor(app, place) {
    this.app = app;
    this.place = place;
    this.chat = null;
    this.rows = new Map();
    this.answers = null;
    this.editing = null;
    this.photo = null;
    this.spot = null;
    this.lastDay = "";
    this.list = h("ol", { class: "list", "aria-live": "polite", "aria-relevant": "additions" });
    this.scroller = h("div", { class: "scroller", tabindex: "0", onscroll: () => this.scrolled() }, this.list);
    this.list.addEventListener("load", () => this.ended && requestAnimationFrame(() => this.toEnd()), true);
    this.pill = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.toEnd() }, "有新消息", icon("down"));
    this.head = h("header", { class: "head" });
    this.foot = h("div", { class: "foot" });
    this.element = h("section", { class: "column", "data-place": String(place) },
      this.head, h("div", { class: "middle" }, this.scroller, this.pill), this.foot);
    this.makeComposer();
  }

  get isPrivate() { return this.chat === "me"; }

  get group() { return this.app.group(this.chat); }

  canSpeak() { return this.isPrivate || this.group.members.includes(this.app.me.id); }

  // Show this chat as the chosen person sees it.
  show(chat) {
    const other = chat !== this.chat;
    this.chat = chat;
    this.element.dataset.kind = this.isPrivate ? "private" : this.group.kind;
    if (other) this.dropNotes();
    this.drawHead();
    this.drawFoot();
    this.fill(this.app.messages(chat));
  }

  drawHead() {
    const { me } = this.app;
    if (this.isPrivate) {
      this.head.replaceChildren(
        h("img", { class: "face", src: "/assets/logo.svg", alt: "", width: 36, height: 36 }),
        h("div", { class: "title" }, h("h2", {}, "和网格助手私聊"), h("p", {}, icon("lock"), `只有${me.name}看得见`)));
      this.element.setAttribute("aria-label", "和网格助手私聊");
      return;
    }
    const options = this.app.county.groups.map((group) =>
      h("option", { value: group.id, selected: group.id === this.chat }, group.name));
    const select = h("select", { "aria-label": "换一个群", onchange: (event) => this.app.showGroup(this.place, event.target.value) }, ...options);
    const note = this.canSpeak() ? `${this.group.members.length} 人` : `旁观 · ${me.name}不在群里`;
    this.head.replaceChildren(
      h("span", { class: "face", "aria-hidden": "true" }, this.app.shortName(this.group)[0]),
      h("div", { class: "title" }, h("div", { class: "choice" }, select, icon("down")), h("p", {}, note)));
    this.element.setAttribute("aria-label", this.group.name);
    this.app.markOptions(this);
  }

  drawFoot() {
    if (this.canSpeak()) {
      this.foot.replaceChildren(this.composer);
      this.input.setAttribute("aria-label", this.isPrivate ? "对网格助手说" : `在${this.group.name}里说`);
      return;
    }
    const others = this.group.members.slice(0, 3).map((id) => this.app.person(id));
    this.foot.replaceChildren(h("div", { class: "outside" }, h("p", {}, "换个人在这里说话"),
      h("div", {}, ...others.map((person) => h("button", { type: "button", onclick: () => this.app.become(person, this.chat) },
        h("span", { class: "face", "aria-hidden": "true" }, face(person.name)), person.name)))));
  }

  // Messages

  fill(messages) {
    this.rows.clear();
    this.list.replaceChildren();
    this.lastDay = "";
    for (const message of messages) this.append(message);
    if (!messages.length) this.list.append(h("li", { class: "none" },
      this.isPrivate ? "发“帮助”，看看能做什么。" : "这个群还没有消息。"));
    this.toEnd();
  }

  append(message) {
    this.list.querySelector(".none")?.remove();
    const { date, day } = wall(message.at);
    if (date !== this.lastDay) this.list.append(h("li", { class: "day" }, day));
    this.lastDay = date;
    const row = draw(message, this.app.me, this.app.roles, this.acts());
    this.rows.set(message.id, row);
    this.list.append(row);
  }

  add(message) {
    const stay = this.nearEnd() || message.author === this.app.me.name;
    this.append(message);
    this.rows.get(message.id).classList.add("fresh");
    if (stay) this.toEnd();
    else this.pill.hidden = false;
  }

  change(message) {
    const old = this.rows.get(message.id);
    if (!old) return;
    const stay = this.nearEnd();
    const row = draw(message, this.app.me, this.app.roles, this.acts());
    row.classList.add("changed");
    this.rows.set(message.id, row);
    old.replaceWith(row);
    if (message.gone && this.answers?.id === message.id) this.dropNotes();
    if (stay) this.toEnd();
  }

  acts() {
    return {
      canSpeak: () => this.canSpeak(),
      reply: (message) => this.begin({ answers: message }),
      edit: (message) => this.begin({ editing: message }),
      press: (message, row, column, key) => this.press(message, row, column, key),
    };
  }

  async press(message, row, column, key) {
    key.setAttribute("aria-busy", "true");
    try {
      const done = await post("press", { who: this.app.me.id, chat: this.chat, id: message.id, row, column });
      if (done.opens) this.app.focusChat("me");
    } catch (failure) {
      toast(failure.message, true);
    }
    key.removeAttribute("aria-busy");
  }

  nearEnd() { return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR; }

  scrolled() {
    this.ended = this.nearEnd();
    if (this.ended) this.hidePill();
  }

  hidePill() { this.pill.hidden = true; }

  // A picture that is longer than the screen with its words is shown from its beginning.
  toEnd() {
    const last = this.list.lastElementChild;
    const long = last?.querySelector(".photo") && last.offsetHeight > this.scroller.clientHeight;
    if (long) last.scrollIntoView({ block: "start", behavior: "instant" });
    else this.scroller.scrollTop = this.scroller.scrollHeight;
    this.ended = true;
    this.hidePill();
  }

  // Composer

  makeComposer() {
    this.input = h("textarea", { rows: "1", placeholder: "说点什么…", maxlength: "12000", enterkeyhint: "send",
      oninput: () => this.grow(),
      onkeydown: (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
        if (event.key === "Escape") this.dropNotes();
      } });
    this.file = h("input", { type: "file", accept: "image/*,video/mp4,.csv,.xlsx", hidden: true, "aria-label": "选一张图片、一段视频或一个表格", onchange: () => this.takePhoto() });
    this.notes = h("div", { class: "notes" });
    const photo = h("button", { type: "button", class: "tool", "aria-label": "发图片、视频或表格", onclick: () => this.file.click() }, icon("photo"), h("span", {}, "图片"));
    const spot = h("button", { type: "button", class: "tool", "aria-label": "发位置",
      onclick: () => choosePlace(this.app.county.places, (place) => { this.spot = place; this.drawNotes(); this.input.focus(); }) }, icon("pin"), h("span", {}, "位置"));
    const more = h("button", { type: "button", class: "tool more", "aria-label": "图片或位置", "aria-expanded": "false" }, icon("plus"));
    const tools = h("div", { class: "tools" }, photo, spot);
    const open = (yes) => { tools.classList.toggle("open", yes); more.setAttribute("aria-expanded", String(yes)); };
    more.addEventListener("click", () => open(!tools.classList.contains("open")));
    tools.addEventListener("click", () => open(false));
    this.sender = h("button", { type: "submit", class: "send", "aria-label": "发送", title: "发送" }, icon("send"));
    this.composer = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.notes, h("div", { class: "line" }, more, tools, this.input, this.sender), this.file);
  }

  takePhoto() {
    const [file] = this.file.files;
    this.file.value = "";
    if (!file) return;
    if (file.size > 10 * 1024 * 1024) { toast("文件太大了，请换一个 10 MB 以内的。", true); return; }
    this.photo = file;
    this.drawNotes();
    this.input.focus();
  }

  begin({ answers = null, editing = null }) {
    this.answers = answers;
    this.editing = editing;
    if (editing) this.input.value = editing.text;
    this.drawNotes();
    this.grow();
    this.input.focus();
  }

  prefill(text) {
    this.dropNotes();
    this.input.value = text;
    this.grow();
    this.input.focus();
    this.composer.classList.remove("ready");
    requestAnimationFrame(() => this.composer.classList.add("ready"));
  }

  dropNotes() {
    if (this.editing) this.input.value = "";
    this.answers = this.editing = this.photo = this.spot = null;
    this.composer.classList.remove("ready");
    this.drawNotes();
    this.grow();
  }

  drawNotes() {
    const note = (label, text, drop) => h("p", { class: "note" }, h("b", {}, label), h("span", {}, text),
      h("button", { type: "button", "aria-label": `取消${label}`, onclick: () => { drop(); this.drawNotes(); } }, icon("close")));
    const all = [];
    if (this.answers) {
      const said = this.answers.text || "[图片或位置]";
      all.push(note("回复", `${this.answers.author ?? "网格助手"}：${said}`, () => { this.answers = null; }));
    }
    if (this.editing) all.push(note("编辑", "改好后发送", () => this.dropNotes()));
    if (this.photo) all.push(note(/^image/.test(this.photo.type) ? "图片" : /^video/.test(this.photo.type) ? "视频" : "表格", this.photo.name, () => { this.photo = null; }));
    if (this.spot) all.push(note("位置", this.spot[2] || `${this.spot[0]}, ${this.spot[1]}`, () => { this.spot = null; }));
    const stay = this.nearEnd();
    this.notes.replaceChildren(...all);
    if (stay) this.toEnd();
  }

  grow() {
    const stay = this.nearEnd();
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    if (stay) this.toEnd();
  }

  async send() {
    const text = this.input.value.trim();
    if (!(text || this.photo || this.spot) || this.sender.disabled) return;
    this.sender.disabled = true;
    try {
      const said = { who: this.app.me.id, chat: this.chat, text };
      if (this.editing) {
        await post("edit", { ...said, id: this.editing.id });
      } else {
        if (this.photo) said.photo = (await upload(this.photo)).name;
        await post("say", { ...said, place: this.spot, answers: this.answers?.id });
      }
      this.input.value = "";
      this.editing = null;
      this.dropNotes();
    } catch (failure) {
      toast(failure.message, true);
    }
    this.sender.disabled = false;
    this.input.focus();
  }
}

export function badge(count) {
  return count ? h("span", { class: "badge" }, count > 99 ? "99+" : String(count), h("span", { class: "sr" }, "条新消息")) : null;
}

