// The official SDK of the AI bot, told what to do line by line; it answers and reports line by line.
const path = require("path");
const readline = require("readline");

const { WSClient } = require(path.join(process.argv[2], "node_modules", "@wecom", "aibot-node-sdk"));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");
let client;

const does = {
  connect({ url, bot, secret }) {
    client = new WSClient({ botId: bot, secret, wsUrl: url, logger: quiet, heartbeatInterval: 700,
      maxReconnectAttempts: 0, maxAuthFailureAttempts: 0 });
    for (const name of ["authenticated", "disconnected", "message", "event"]) {
      client.on(name, (frame) => tell({ event: name, frame }));
    }
    client.on("error", (error) => tell({ event: "error", frame: error.message }));
    client.connect();
  },
  stream: ({ frame, id, content, finish }) => client.replyStream(frame, id, content, finish),
  welcome: ({ frame, body }) => client.replyWelcome(frame, body),
  card: ({ frame, card }) => client.replyTemplateCard(frame, card),
  update: ({ frame, card, people }) => client.updateTemplateCard(frame, card, people),
  send: ({ chat, body }) => client.sendMessage(chat, body),
  upload: ({ size, type, filename }) => client.uploadMedia(Buffer.alloc(size, "x"), { type, filename }),
  async download({ url, key }) {
    const found = await client.downloadFile(url, key);
    return found.buffer.toString("base64");
  },
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const told = JSON.parse(line);
  try {
    tell({ done: (await does[told.do](told)) ?? null });
  } catch (error) {
    tell({ failed: error.errcode ?? error.message });
  }
}).on("close", () => process.exit(0));
