// One line of JSON in, one line out: {who, does: "seal" | "open" | "sign", token, key, id, ...}.
const readline = require("readline");
const from = (name) => require(require.resolve(name, { paths: [process.argv[2]] }));
const official = from("@wecom/crypto");
const other = from("wechat-crypto");

function work(told) {
  if (told.who === "@wecom/crypto") {
    if (told.does === "seal") return official.encrypt(told.key, told.plain, told.id);
    if (told.does === "sign") return official.getSignature(told.token, told.stamp, told.nonce, told.sealed);
    const opened = official.decrypt(told.key, told.sealed);
    return [opened.message, opened.id];
  }
  const crypt = new other(told.token, told.key, told.id);
  if (told.does === "seal") return crypt.encrypt(told.plain);
  if (told.does === "sign") return crypt.getSignature(told.stamp, told.nonce, told.sealed);
  const opened = crypt.decrypt(told.sealed);
  return [opened.message, opened.id];
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(work(JSON.parse(line))) + "\n");
});
