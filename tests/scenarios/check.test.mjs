// `switchhook check`: what is wrong, before a caller finds out.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { exchange } from "./support/http.mjs";
import { World, stage } from "./support/world.mjs";

const folder = new URL("../../config", import.meta.url).pathname; // the sample of a policy

const scenario = stage({ SWITCHHOOK_CONFIG_DIR: folder }, { simulator: ["--verified", "+15005550011", "--number", "+15005550006", "--number", "+15005550007"] });

/** Lines of the report: { mark, what, text }. */
const lines = ({ stdout }) =>
    stdout
        .split("\n")
        .map((line) => line.match(/^(ok|warning|error) +(.{14}) (.*)$/))
        .filter((match) => match)
        .map(([, mark, what, text]) => ({ mark, what: what.trim(), text }));

const about = (report, what) => lines(report).filter((line) => line.what === what);

/** Change a line at Twilio, as its console would. */
async function update(world, resource, form) {
    const credentials = Buffer.from(`${world.env.TWILIO_ACCOUNT_SID}:${world.env.TWILIO_AUTH_TOKEN}`).toString("base64");
    const answer = await exchange(world.sim.origin, "POST", `/2010-04-01/Accounts/${world.env.TWILIO_ACCOUNT_SID}/${resource}.json`, {
        body: new URLSearchParams(form).toString(),
        headers: { authorization: `Basic ${credentials}`, "content-type": "application/x-www-form-urlencoded" },
    });
    assert.equal(answer.status, 200, answer.text);
}

const app = (world) => `Applications/${world.env.TWILIO_TWIML_APP_SID}`;

scenario("all is well: exit status 0, and every line says ok", async (world) => {
    const report = world.run(["check", "--online"]);
    assert.equal(report.status, 0, report.stdout + report.stderr);
    assert.deepEqual(lines(report).filter(({ mark }) => mark !== "ok"), [], report.stdout);
    assert.match(report.stdout, /^0 errors, 0 warnings$/m);
    const looked = new Set(lines(report).map(({ what }) => what));
    for (const what of ["settings", "token", "public URL", "database", "account", "TwiML App", "number"])
        assert.ok(looked.has(what), what);
});

scenario("the policy: what it comes to, and what is dangerous about it", async (world) => {
    const told = about(world.run(["check"]), "policy").map(({ text }) => text).join("\n");
    assert.match(told, /config\/policy\.json/);
    assert.match(told, /account: 50 at once, 1000 an hour; each identity: 2 at once, 60 an hour/);
    assert.match(told, /destinations: 4 prefixes, otherwise denied, premium denied, satellite denied, caribbean denied/);
    const without = about(world.run(["check"], { SWITCHHOOK_CONFIG_DIR: undefined }), "policy");
    assert.deepEqual(without.map(({ mark }) => mark), ["ok", "warning", "ok", "ok"]);
    assert.match(without[1].text, /nothing limits how many calls are made/);
    const open = path.join(world.dir, "open");
    mkdirSync(open);
    writeFileSync(path.join(open, "policy.json"), JSON.stringify({ everybody: { destinations: { premium: "allow" } }, account: { calls_at_once: 9 } }));
    const dangerous = about(world.run(["check"], { SWITCHHOOK_CONFIG_DIR: open }), "policy");
    assert.deepEqual(dangerous.map(({ mark }) => mark), ["ok", "ok", "warning", "ok"]);
    const missing = world.run(["check"], { SWITCHHOOK_CONFIG_DIR: path.join(world.dir, "nowhere") });
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /SWITCHHOOK_CONFIG_DIR is no folder/);
});

scenario("check --destination explains what the policy says to a call", async (world) => {
    const asks = [
        [["+15005550009"], 0, /^allowed +\+15005550009 +shown as \+15005550006, at most 7200 s$/m],
        [["+15005550009", "--identity", "alice"], 0, /^cap +identity +4 at once, 60 an hour$/m],
        [["+15005550009", "--identity", "guest"], 0, /at most 600 s[^]*^cap +group +20 at once, 10 an hour$/m],
        [["+19005550100"], 1, /^refused +destination-denied \+1900 is denied \(premium rate: North America, area code 900\) for everybody$/m],
        [["+12465550100"], 1, /\+1246 is denied \(Caribbean/],
        [["+12465550100", "--identity", "alice"], 0, /^allowed/m],
        [["+33" + "155501", "--key", "k1"], 1, /this number is on no list of allowed ones for everybody/],
        [["911"], 1, /^refused +emergency/m],
        [["alice"], 1, /^refused +not-a-number/m],
        [["+15005550009", "--caller-id", "+15005550006"], 0, /^allowed/m],
        [["+15005550009", "--caller-id", "+15005550001"], 1, /^refused +caller-id-not-allowed/m],
    ];
    for (const [args, status, text] of asks) {
        const report = world.run(["check", "--destination", ...args]);
        assert.match(report.stdout, text, args.join(" "));
        assert.equal(report.status, status, args.join(" "));
    }
});

scenario("offline nobody is asked, and a running server is not disturbed", async (world) => {
    const earlier = (await world.sim.requests()).length;
    assert.equal(world.run(["check"]).status, 0);
    assert.equal((await world.sim.requests()).length, earlier);
    assert.equal((await world.api.get("/calls")).status, 200);
});

scenario("no secret is in the report", async (world) => {
    const { stdout, stderr } = world.run(["check", "--online"]);
    for (const name of ["TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SECRET"])
        assert.ok(!(stdout + stderr).includes(world.env[name]), name);
});

const voiceUrls = [
    ["somewhere else", "https://old.example.com/twiml"],
    ["an address that only begins like ours", "https://phone.example.com.evil.example/twiml"],
    ["a path of ours that nothing answers", "https://phone.example.com/twiml/nothing"],
    ["the API", "https://phone.example.com/"],
];

for (const [what, url] of voiceUrls)
    scenario(`the app asks ${what}: an error that says what to set`, async (world) => {
        await update(world, app(world), { VoiceUrl: url });
        const report = world.run(["check", "--online"]);
        await update(world, app(world), { VoiceUrl: "https://phone.example.com/twiml" });
        assert.equal(report.status, 1);
        const [line] = about(report, "TwiML App");
        assert.equal(line.mark, "error");
        assert.ok(line.text.includes(url) && line.text.includes("https://phone.example.com/twiml"), line.text);
    });

scenario("the app tells nobody that calls are over: a warning", async (world) => {
    await update(world, app(world), { StatusCallback: "" });
    const report = world.run(["check", "--online"]);
    await update(world, app(world), { StatusCallback: "https://phone.example.com/webhooks/call-status" });
    assert.equal(report.status, 0);
    const [line] = about(report, "TwiML App");
    assert.equal(line.mark, "warning");
    assert.match(line.text, /https:\/\/phone\.example\.com\/webhooks\/call-status/);
});

scenario("the number's calls go elsewhere: a warning, for that may be meant so", async (world) => {
    const number = `IncomingPhoneNumbers/PN${"0".repeat(31)}1`;
    await update(world, number, { VoiceUrl: "https://old.example.com/x" });
    const report = world.run(["check", "--online"]);
    assert.equal(report.status, 0);
    const [line] = about(report, "number");
    assert.equal(line.mark, "warning");
    assert.match(line.text, /old\.example\.com/);

    await update(world, number, { VoiceApplicationSid: world.env.TWILIO_TWIML_APP_SID });
    assert.equal(about(world.run(["check", "--online"]), "number")[0].mark, "ok", "the app's URLs count then");
});

const numbers = [
    ["that is verified", "+15005550011", 0, "ok", /verified/],
    ["that is nobody's", "+15005550012", 1, "error", /21210/],
];

for (const [what, number, status, mark, text] of numbers)
    scenario(`a number ${what}: ${mark}`, async (world) => {
        const report = world.run(["check", "--online"], { TWILIO_PHONE_NUMBER: number });
        assert.equal(report.status, status);
        const [line] = about(report, "number");
        assert.equal(line.mark, mark);
        assert.match(line.text, text);
    });

const accounts = [
    ["a wrong secret", { TWILIO_API_KEY_SECRET: "0a1b2c3d".repeat(4) }, "account", /20003/],
    ["another account", { TWILIO_ACCOUNT_SID: `AC${"0".repeat(31)}7` }, "account", /20003/],
    ["an app that is not there", { TWILIO_TWIML_APP_SID: `AP${"0".repeat(31)}7` }, "TwiML App", /404/],
    ["nobody at Twilio's address", { TWILIO_API_BASE_URL: "http://127.0.0.1:1" }, "account", /cannot be reached/],
];

for (const [what, change, where, text] of accounts)
    scenario(`${what}: an error`, async (world) => {
        const report = world.run(["check", "--online"], change);
        assert.equal(report.status, 1, report.stdout);
        const [line] = about(report, where).filter(({ mark }) => mark === "error");
        assert.match(line.text, text);
    });

const publicUrls = [
    ["this machine", "http://127.0.0.1:8080", "warning", /simulator|tunnel/],
    ["plain http", "http://phone.example.com", "error", /https/],
    ["an underscore", "https://my_phone.example.com", "error", /underscore/],
];

for (const [what, url, mark, text] of publicUrls)
    scenario(`public address: ${what}: ${mark}`, async (world) => {
        const report = world.run(["check"], { TWILIO_WEBHOOK_BASE_URL: url });
        if (report.status === 2) {
            assert.match(report.stderr, text);
            return;
        }
        const [line] = about(report, "public URL");
        assert.equal(line.mark, mark);
        assert.match(line.text, text);
    });

scenario("the database is no database: an error, and it is left alone", async (world) => {
    const file = path.join(world.dir, "not-a.db");
    writeFileSync(file, "hello\n".repeat(1000));
    const report = world.run(["check"], { SWITCHHOOK_DATABASE: file });
    assert.equal(report.status, 1);
    assert.equal(about(report, "database")[0].mark, "error");
});

scenario("the database is not there yet: ok, and it is not made", async (world) => {
    const file = path.join(world.dir, "later.db");
    const report = world.run(["check"], { SWITCHHOOK_DATABASE: file });
    assert.equal(report.status, 0);
    assert.match(about(report, "database")[0].text, /does not exist yet/);
    assert.equal(existsSync(file), false);
});

scenario("a database of a later version is not touched by this one", async (world) => {
    const file = path.join(world.dir, "future.db");
    assert.equal(world.run(["key", "create", "--name", "x", "--scopes", "all"], { SWITCHHOOK_DATABASE: file }).status, 0);
    execFileSync("sqlite3", [file, "PRAGMA user_version = 9999"]);
    const report = world.run(["check"], { SWITCHHOOK_DATABASE: file });
    assert.equal(report.status, 1);
    assert.match(about(report, "database")[0].text, /newer version/);
    const serve = world.run(["serve"], { SWITCHHOOK_DATABASE: file });
    assert.notEqual(serve.status, 0);
});

// ---- a trial account, and no number

scenario("what a trial account may do is told", async (world) => {
    const trial = await World.create({}, { simulator: ["--trial"], start: false });
    const report = trial.run(["check", "--online"]);
    const [line] = about(report, "account");
    assert.deepEqual([report.status, line.mark], [0, "warning"]);
    assert.match(line.text, /trial/);
    await trial.start();
    const { status, json } = await trial.api.post("/calls", { to: trial.number() });
    assert.deepEqual([status, json.twilio_code], [422, 21219]);
    await trial.close();
});
