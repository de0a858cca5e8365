// Choosing a person, a place, a picture's full size, a confirmation.

import { face, h, icon } from "./dom.js";

const TEAMS = [
  ["居民和商户", ["居民", "商户"]],
  ["网格队伍", ["网格员", "义警", "保安", "调解员"]],
  ["派出所", ["社区民警", "辅警", "所长", "副所长", "教导员", "办案队"]],
  ["指挥和管理", []],
];

function open(title, ...content) {
  const dialog = h("dialog", { "aria-label": title });
  const close = h("button", { type: "button", class: "close", "aria-label": "关闭", onclick: () => dialog.close() }, icon("close"));
  dialog.append(h("header", {}, h("h2", {}, title), close), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function choosePerson(people, me, nudged, chosen) {
  const pick = (person) => { dialog.close(); chosen(person); };
  const team = (person) => {
    const found = TEAMS.findIndex(([, roles]) => roles.includes(person.role));
    return found < 0 ? TEAMS.length - 1 : found;
  };
  const groups = TEAMS.map(([title], place) => {
    const those = people.filter((person) => team(person) === place);
    return h("section", {}, h("h3", {}, title), h("div", { class: "people" }, ...those.map((person) =>
      h("button", {
        type: "button", class: `person team${place}`,
        "aria-pressed": person.id === me.id ? "true" : "false", onclick: () => pick(person),
      },
      h("span", { class: "face", "aria-hidden": "true" }, face(person.name)),
      h("span", {}, h("b", {}, person.name), h("small", {}, person.area)),
      nudged.has(person.id) ? h("span", { class: "dot" }, h("span", { class: "sr" }, "有新私聊")) : null))));
  });
  const dialog = open("您想当谁？", h("div", { class: "scroll" }, ...groups));
}

export function choosePlace(places, chosen) {
  const pick = (place) => { dialog.close(); chosen(place); };
  const list = h("div", { class: "places" }, ...places.map((place) =>
    h("button", { type: "button", onclick: () => pick(place) }, icon("pin"), h("span", {}, place[2]))));
  const latitude = h("input", { inputmode: "decimal", placeholder: "纬度，如 37.3549", "aria-label": "纬度" });
  const longitude = h("input", { inputmode: "decimal", placeholder: "经度，如 112.4763", "aria-label": "经度" });
  const problem = h("p", { class: "problem", role: "alert" });
  const form = h("form", { method: "dialog", class: "numbers", onsubmit: (event) => {
    event.preventDefault();
    const [a, b] = [Number.parseFloat(latitude.value), Number.parseFloat(longitude.value)];
    if (Math.abs(a) <= 90 && Math.abs(b) <= 180) pick([a, b, ""]);
    else problem.textContent = "请填两个数：纬度 -90 到 90，经度 -180 到 180。";
  } }, latitude, longitude, h("button", { type: "submit", class: "main" }, "用这个位置"));
  const dialog = open("发一个位置", h("div", { class: "scroll" }, list, h("h3", {}, "或填经纬度"), form, problem));
}

export function confirmThat(title, text, label, done) {
  const yes = h("button", { type: "button", class: "main", onclick: () => { dialog.close(); done(); } }, label);
  const no = h("button", { type: "button", onclick: () => dialog.close() }, "不用了");
  const dialog = open(title, h("div", { class: "scroll" }, h("p", {}, text)), h("footer", {}, no, yes));
}

export function moveSheet(moves) {
  const home = moves.parentElement;
  const dialog = open("让时间走一走", h("div", { class: "scroll sheet" }, moves));
  moves.addEventListener("click", () => dialog.close(), { once: true });
  dialog.addEventListener("close", () => home.append(moves));
}

export function showPhoto(source) {
  const dialog = open("照片", h("img", { class: "large", src: source, alt: "照片" }));
  dialog.classList.add("wide");
}
