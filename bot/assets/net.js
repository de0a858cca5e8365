// Calls to the server, and what a refusal means in words.

const token = document.querySelector("meta[name=wangge-token]").content;

const WORDS = {
  empty: "还没写内容。",
  too_long: "太长了，请控制在 12000 字以内。",
  too_large: "文件太大了，请换一个 10 MB 以内的。",
  no_picture: "只能发图片（JPG、PNG、WebP、GIF）、视频（MP4）或表格（CSV、XLSX），请换一个。",
  no_photo: "文件没传好，请重新选一次。",
  bad_place: "位置不对：纬度在 -90 到 90，经度在 -180 到 180 之间。",
  not_member: "这个人不在这个群，请换一个人。",
  not_yours: "只能修改自己发的。",
  no_message: "这条消息已经不在了。",
  old_button: "这个按钮已经失效，请看最新一条消息。",
  not_ready: "机器人还没准备好，请过几秒再试。",
};

export class CallFailed extends Error {}

async function call(path, body, type) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "X-Wangge-Token": token, "Content-Type": type },
      body,
    });
  } catch {
    throw new CallFailed("没连上，请检查程序是否还在运行。");
  }
  if (answer.ok) return answer.json();
  const reason = (await answer.json().catch(() => ({}))).error;
  if (reason === "stale") location.reload();
  throw new CallFailed(WORDS[reason] ?? "没成功，请再试一次。");
}

export const post = (what, said) => call(`/play/${what}`, JSON.stringify(said), "application/json");
export const upload = (file) => call("/play/photo", file, file.type || "application/octet-stream");
