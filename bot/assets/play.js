// The page: who one is, which chats are shown, the stream of changes, the clock, the tour.

import { Column, badge } from "./column.js";
import { choosePerson, confirmThat, moveSheet } from "./dialogs.js";
import { $, face, h, toast } from "./dom.js";
import { post } from "./net.js";
import { Story } from "./story.js";

const SHORT = { residents: "居民群", merchants: "商户群", volunteers: "义警群", workers: "网格群", officers: "警务群", desk: "指挥室", admins: "管理群" };
const KEPT = 500;
const narrow = matchMedia("(max-width: 759px)");

class App {
  constructor(county) {
    this.county = county;
    this.people = new Map(county.people.map((person) => [person.id, person]));
    this.groups = new Map(county.groups.map((group) => [group.id, group]));
    this.roles = new Map(county.people.map((person) => [person.name, person.role]));
    this.kept = new Map();
    this.unread = new Map();
    this.nudged = new Set();
    this.me = this.people.get(sessionStorage.getItem("who")) ?? county.people[0];
    this.columns = [...county.shown, "me"].map((chat, place) => Object.assign(new Column(this, place), { first: chat }));
    this.at = 0;
    this.skew = 0;
    this.zone = 0;
  }

  person(id) { return this.people.get(id); }

  group(id) { return this.groups.get(id); }

  messages(chat) { return this.kept.get(chat) ?? []; }

  shortName(group) { return SHORT[group.kind] ?? group.name; }

  start() {
    $("chats").append(...this.columns.map((column) => column.element));
    for (const column of this.columns) column.show(column.first);
    this.drawMe();
    this.drawTour();
    this.story = $("story") ? new Story(this) : null;
    this.wire();
    this.turnTo(0);
    this.listen();
    setInterval(() => this.drawClock(), 1000);
    narrow.addEventListener("change", () => this.turnTo(this.at));
  }

  wire() {
    $("who").addEventListener("click", () => choosePerson(this.county.people, this.me, this.nudged, (person) => this.become(person)));
    $("now").addEventListener("click", () => narrow.matches && moveSheet($("moves")));
    $("moves").addEventListener("click", (event) => {
      const key = event.target.closest("button");
      if (key?.id === "restart") this.askRestart();
      else if (key) this.move(key);
    });
  }

  // Who one is

  become(person, chat = null) {
    if (person.id !== this.me.id) {
      this.me = person;
      sessionStorage.setItem("who", person.id);
      this.nudged.delete(person.id);
      this.kept.set("me", []);
      const member = (id) => this.group(id).members.includes(person.id);
      const shown = this.columns.slice(0, -1).map((column) => column.chat);
      const own = this.county.groups.find((group) => member(group.id));
      if (own && !shown.some(member)) this.columns[0].chat = own.id;
      for (const column of this.columns) {
        column.input.value = "";
        column.dropNotes();
        column.show(column.chat);
      }
      this.drawMe();
      this.drawTabs();
      this.listen();
      $("who").classList.remove("now-me");
      requestAnimationFrame(() => $("who").classList.add("now-me"));
    }
    if (chat) this.focusChat(chat);
  }

  drawMe() {
    $("who-face").textContent = face(this.me.name);
    $("who-name").textContent = this.me.name;
    $("who-dot").hidden = this.nudged.size === 0;
    document.title = `${document.body.classList.contains("drill") ? "【演练】网格助手" : "网格助手演练场"} · ${this.me.name}`;
  }

  // Which chats are shown

  showGroup(place, chat) {
    const other = this.columns.findIndex((column) => column.chat === chat);
    if (other >= 0 && other !== place) this.columns[other].show(this.columns[place].chat);
    this.columns[place].show(chat);
    this.turnTo(place);
  }

  columnOf(chat) {
    const found = this.columns.find((column) => column.chat === chat);
    if (found) return found;
    const place = Math.min(this.at, this.columns.length - 2);
    this.showGroup(place, chat);
    return this.columns[place];
  }

  lookAt(chat) {
    const column = this.columnOf(chat);
    this.turnTo(column.place);
    column.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    column.toEnd();
    return column;
  }

  focusChat(chat) {
    const column = this.lookAt(chat);
    if (column.canSpeak() && !narrow.matches) column.input.focus({ preventScroll: true });
    return column;
  }

  turnTo(place) {
    this.at = place;
    for (const column of this.columns) column.element.classList.toggle("front", column.place === place);
    if (this.visible(this.columns[place].chat)) this.unread.delete(this.columns[place].chat);
    this.columns[place].toEnd();
    this.drawTabs();
  }

  visible(chat) {
    const column = this.columns.find((one) => one.chat === chat);
    return Boolean(column) && !document.hidden && (!narrow.matches || column.place === this.at);
  }

  drawTabs() {
    const names = this.columns.map((column) => (column.isPrivate ? "私聊" : this.shortName(column.group)));
    $("tabs").replaceChildren(...this.columns.map((column, place) => {
      const alone = names.indexOf(names[place]) === names.lastIndexOf(names[place]);
      const name = alone ? names[place] : `${column.group.name.slice(0, 2)}${names[place]}`;
      const current = column.place === this.at ? "true" : null;
      return h("button", { type: "button", "aria-current": current, "data-kind": column.element.dataset.kind,
        onclick: () => this.turnTo(column.place) }, name, badge(this.unread.get(column.chat)));
    }));
    for (const column of this.columns) this.markOptions(column);
  }

  // Groups that are not shown tell of new messages in the list of groups.
  markOptions(column) {
    for (const option of column.head.querySelectorAll("option")) {
      const count = this.columns.some((one) => one.chat === option.value) ? 0 : this.unread.get(option.value);
      option.textContent = this.group(option.value).name + (count ? `（${count} 条新）` : "");
    }
  }

  // The stream

  listen() {
    this.stream?.close();
    const stream = new EventSource(`/play/events?who=${this.me.id}`);
    this.stream = stream;
    const on = (what, act) => stream.addEventListener(what, (event) => stream === this.stream && act(JSON.parse(event.data)));
    on("snapshot", (data) => this.takeAll(data));
    on("message", (data) => this.take(data));
    on("change", (data) => this.takeChange(data));
    on("toast", (data) => toast(data.text));
    on("story", (data) => this.story?.take(data));
    on("clock", (data) => this.setClock(data.now));
    on("nudge", (data) => {
      if (data.person !== this.me.id) { this.nudged.add(data.person); this.drawMe(); }
    });
    stream.onopen = () => { $("offline").hidden = true; };
    stream.onerror = () => {
      if (stream !== this.stream) return;
      $("offline").hidden = false;
      if (stream.readyState === EventSource.CLOSED) this.comeBack();
    };
  }

  // The server was started anew: this page's token is void, so get a new page as soon as it answers.
  comeBack() {
    setTimeout(() => fetch("/healthz").then((answer) => (answer.ok ? location.reload() : this.comeBack()), () => this.comeBack()), 1500);
  }

  takeAll(data) {
    if (data.boot !== document.querySelector("meta[name=wangge-boot]").content) { location.reload(); return; }
    this.kept = new Map(Object.entries(data.chats));
    this.setClock(data.now);
    document.body.dataset.ready = this.me.id;
    for (const column of this.columns) column.fill(this.messages(column.chat));
  }

  take({ chat, message }) {
    const kept = this.messages(chat);
    kept.push(message);
    if (kept.length > KEPT) kept.shift();
    this.kept.set(chat, kept);
    this.columns.find((column) => column.chat === chat)?.add(message);
    if (message.author !== this.me.name && !this.visible(chat)) {
      this.unread.set(chat, (this.unread.get(chat) ?? 0) + 1);
      this.drawTabs();
    }
  }

  takeChange({ chat, message }) {
    const kept = this.messages(chat);
    const place = kept.findIndex((one) => one.id === message.id);
    if (place >= 0) kept[place] = message;
    this.columns.find((column) => column.chat === chat)?.change(message);
  }

  // The clock

  setClock(iso) {
    const sign = /([+-])(\d\d):(\d\d)$/.exec(iso);
    this.zone = sign ? (sign[1] === "-" ? -1 : 1) * (Number(sign[2]) * 60 + Number(sign[3])) : 0;
    this.skew = Date.parse(iso) - Date.now();
    this.drawClock();
  }

  drawClock() {
    const there = new Date(Date.now() + this.skew + this.zone * 60000);
    const two = (number) => String(number).padStart(2, "0");
    const day = `${there.getUTCMonth() + 1}月${there.getUTCDate()}日 周${"日一二三四五六"[there.getUTCDay()]}`;
    const time = `${two(there.getUTCHours())}:${two(there.getUTCMinutes())}`;
    if ($("now-day").textContent !== day) $("now-day").textContent = day;
    if ($("now-time").textContent !== time) $("now-time").textContent = time;
  }

  async move(key) {
    key.setAttribute("aria-busy", "true");
    try {
      const said = key.dataset.next ? { next: true } : { minutes: Number(key.dataset.minutes) };
      const done = await post("clock", { who: this.me.id, ...said });
      this.setClock(done.now);
      if (!done.moved) toast("前面没有要到点的事了。");
    } catch (failure) {
      toast(failure.message, true);
    }
    key.removeAttribute("aria-busy");
  }

  askRestart() {
    confirmThat("重新开始？", "所有聊天、上报、寻人和提醒都会清空，回到样例县刚建好的样子。", "清空，重新开始", async () => {
      try {
        await post("restart", { who: this.me.id });
        this.unread.clear();
        this.nudged.clear();
        this.drawMe();
        this.drawTabs();
        toast("已经重新开始。");
      } catch (failure) {
        toast(failure.message, true);
      }
    });
  }

  // The tour: a step chooses the person and the chat and writes the words; sending them is left to people.

  drawTour() {
    $("chips").append(...this.county.tour.map((step, place) =>
      h("button", { type: "button", onclick: (event) => this.tryOut(step, event.currentTarget) },
        h("i", { "aria-hidden": "true" }, String(place + 1)), step.title)));
  }

  tryOut(step, chip) {
    this.become(this.person(step.who), step.chat);
    const column = this.columnOf(step.chat);
    this.turnTo(column.place);
    column.prefill(step.text);
    for (const other of $("chips").children) other.removeAttribute("aria-pressed");
    chip.setAttribute("aria-pressed", "true");
    $("hint").textContent = step.then;
  }
}

document.addEventListener("visibilitychange", () => document.hidden || window.wangge?.turnTo(window.wangge.at));

const county = await fetch("/play/county").then((answer) => answer.json());
window.wangge = new App(county);
window.wangge.start();
