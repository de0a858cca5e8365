// Making elements. Whatever people typed goes in as text nodes only, so it can never become markup.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `/assets/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export const $ = (id) => document.getElementById(id);

export function toast(text, bad = false) {
  const line = h("p", { class: bad ? "toast bad" : "toast" }, text);
  $("toasts").append(line);
  while ($("toasts").children.length > 3) $("toasts").firstChild.remove();
  setTimeout(() => line.remove(), 4500);
}

// 居民甲 → 甲, 指挥室 → 指: what tells people apart in a round face.
export function face(name) {
  const last = name.slice(-1);
  return "甲乙丙丁戊".includes(last) ? name[0] + last : name.slice(0, 2);
}

const DAYS = "日一二三四五六";

// "2026-11-18T10:20:00+08:00" → parts as the clock on the station's wall shows them.
export function wall(iso) {
  const [year, month, day] = iso.slice(0, 10).split("-").map(Number);
  const weekday = DAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return { date: iso.slice(0, 10), day: `${month}月${day}日 周${weekday}`, time: iso.slice(11, 16) };
}
