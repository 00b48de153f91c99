// The server that the guides have teams write: Express, Twilio's own package for signatures and TwiML. Two things are added so
// that the comparison is fair: it runs as in production, and a fact is on the disk before it is answered (one line
// appended to a file, then fdatasync).
//
//   TWILIO_AUTH_TOKEN=... PUBLIC_BASE=https://... node server.mjs PORT FILE
import { open } from "node:fs/promises";
import process from "node:process";

import express from "express";
import twilio from "twilio";

const [port, path] = process.argv.slice(2);
const { host, protocol } = new URL(process.env.PUBLIC_BASE);
const file = await open(path, "a");

async function keep(fact) {
    await file.appendFile(JSON.stringify(fact) + "\n");
    await file.datasync();
}

const app = express();
app.use(express.urlencoded({ extended: false }));
app.use((request, response, next) => {
    response.on("finish", () => console.log(`${request.method} ${request.url} ${response.statusCode}`));
    next();
});
app.use(twilio.webhook({ host, protocol: protocol.replace(":", "") }));

app.post("/twiml", async (request, response) => {
    await keep(request.body);
    const twiml = new twilio.twiml.VoiceResponse();
    twiml.dial({ callerId: "+15005550006" }).number(request.body.To);
    response.type("text/xml").send(twiml.toString());
});

app.post("/webhooks/call-status", async (request, response) => {
    await keep(request.body);
    response.sendStatus(204);
});

const server = app.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
