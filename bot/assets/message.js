// One message as people see it.

import { face, h, icon, wall } from "./dom.js";
import { showPhoto } from "./dialogs.js";

const BOT = "网格助手";

export function draw(message, me, roles, acts) {
  const mine = message.author === me.name;
  const author = message.author ?? BOT;
  const kind = message.author === null ? "bot" : mine ? "mine" : "other";
  const body = h("div", { class: "body" });
  if (!mine) body.append(h("p", { class: "by" }, author, roleOf(message, roles)));
  if (message.gone) {
    body.append(h("p", { class: "bubble gone" }, h("s", {}, "这条消息"), " 已撤回"));
  } else {
    body.append(bubble(message));
    if (message.buttons.length) body.append(keys(message, me, acts));
  }
  body.append(meta(message, mine, acts));
  const row = h("li", { class: `msg ${kind}`, "data-id": message.id });
  row.append(avatar(message.author), body);
  if (!message.gone && acts.canSpeak()) swipes(row, () => acts.reply(message));
  return row;
}

function roleOf(message, roles) {
  const role = message.author === null ? "机器人" : roles.get(message.author);
  return role && !message.author?.startsWith(role) ? h("span", { class: "role" }, role) : null;
}

function avatar(author) {
  if (author === null) return h("img", { class: "face", src: "/assets/logo.svg", alt: "", width: 36, height: 36 });
  return h("span", { class: "face", "aria-hidden": "true" }, face(author));
}

function bubble(message) {
  const box = h("div", { class: "bubble" });
  if (message.quote) {
    const said = message.quote.gone ? "已撤回" : message.quote.text || "[图片或位置]";
    box.append(h("blockquote", {}, h("b", {}, message.quote.author ?? BOT), h("span", {}, said)));
  }
  for (const medium of message.media) box.append(shown(medium));
  if (message.text) box.append(h("p", { class: "text" }, message.text));
  if (message.place) {
    const [latitude, longitude, name] = message.place;
    box.append(
      h("p", { class: "place" }, icon("pin"),
        h("span", {}, h("b", {}, name || "位置"), h("small", {}, `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`))),
    );
  }
  return box;
}

function shown(medium) {
  const source = `/play/photo/${medium.name}`;
  if (medium.kind === "video") return h("video", { class: "film", src: source, controls: true, preload: "metadata" });
  if (medium.kind === "voice") return h("audio", { class: "voice", src: source, controls: true, preload: "none" });
  if (medium.kind === "photo") {
    const picture = h("img", { src: source, alt: "照片", loading: "lazy" });
    const frame = h("button", { type: "button", class: "photo", "aria-label": "放大照片", onclick: () => showPhoto(source) }, picture);
    picture.addEventListener("load", () => frame.classList.toggle("tall", picture.naturalHeight > picture.naturalWidth));
    return frame;
  }
  if (medium.title) return h("a", { class: "file", href: source, download: medium.title }, icon("file"), medium.title);
  return h("p", { class: "text" }, "[文件]");
}

function keys(message, me, acts) {
  const able = acts.canSpeak();
  const rows = message.buttons.map((row, r) =>
    h("div", { class: "keys-row" }, ...row.map((button, c) =>
      h("button", {
        type: "button",
        class: button.opens ? "key opens" : "key",
        disabled: !able,
        title: able ? null : `${me.name}不在这个群`,
        onclick: (event) => acts.press(message, r, c, event.currentTarget),
      }, button.opens ? icon("lock") : null, button.label))),
  );
  return h("div", { class: "keys", role: "group", "aria-label": "按钮" }, ...rows);
}

function meta(message, mine, acts) {
  const line = h("p", { class: "meta" }, h("time", { datetime: message.at }, wall(message.at).time));
  if (message.edited && !message.gone) line.append(h("span", {}, "已编辑"));
  if (message.gone || !acts.canSpeak()) return line;
  line.append(h("button", { type: "button", onclick: () => acts.reply(message) }, "回复"));
  if (mine && message.text) line.append(h("button", { type: "button", onclick: () => acts.edit(message) }, "编辑"));
  return line;
}

// A finger drawn to the left answers the message, as in a messenger.
function swipes(row, done) {
  let from = null;
  row.addEventListener("touchstart", (event) => {
    from = event.touches.length === 1 ? [event.touches[0].clientX, event.touches[0].clientY] : null;
  }, { passive: true });
  row.addEventListener("touchend", (event) => {
    if (!from) return;
    const [dx, dy] = [event.changedTouches[0].clientX - from[0], event.changedTouches[0].clientY - from[1]];
    if (dx < -60 && Math.abs(dy) < 30) done();
  }, { passive: true });
}
