// Settings that are wrong: the server does not start, exit status 2, and every mistake is told at once.
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { stage } from "./support/world.mjs";

const scenario = stage();

/** Every option of .env.example with what it takes: the sample is printed from the program's own table. */
const options = readFileSync(new URL("../../.env.example", import.meta.url), "utf8")
    .split("\n\n")
    .map((block) => ({
        name: block.match(/^#?([A-Z][A-Z0-9_]+)=/m)?.[1],
        takes: block
            .replace(/\n# ?/g, " ")
            .match(/Takes (.*?)\.\s+(?:Where:|Names:|Default:|[A-Z][A-Z0-9_]+=)/s)?.[1]
            .replace(/\s+/g, " "),
    }))
    .filter(({ name }) => name);

/** What is wrong, by what is taken. */
const mistakes = [
    [/^a whole number(?: of (?:\w+))? from (\d+) to (\d+)/, ([, least, most]) => [`${BigInt(least) - 1n}`, `${BigInt(most) + 1n}`, "many", "1.5", "0x10", " 1 1"]],
    [/^([A-Z]{2}) and 32 hexadecimal digits/, ([, prefix]) => [`${prefix}12`, `XX${"0".repeat(32)}`, `${prefix}${"z".repeat(32)}`]],
    [/^a number in E\.164/, () => ["4155550100", "+0155550100", "+1 415 555 0100", "client:alice"]],
    [/^numbers in E\.164/, () => ["4155550100", "+15005550006;+14155550100", "+15005550006,,+14155550100x"]],
    [/^number=identity/, () => ["alice", "+15005550006", "+15005550006=", "+15005550006=a b", "+15005550006=a,+15005550006=b"]],
    [/^direction=word/, () => ["inbound", "inbound=", "inbound=true", "outbound=record-from-answer", "inbound=do-not-record,inbound=record-from-answer"]],
    [/^key=target/, () => ["1", "1=", "x=client:a", "1=sip:a@example.com", "1=client:a,1=client:b", "12=client:a", "1=911"]],
    [/^an URL/, () => ["phone.example.com", "ftp://phone.example.com", "https://", "https://a b/"]],
    [/^true or false/, () => ["maybe", "2"]],
    [/^debug, info/, () => ["loud"]],
    [/^enforce or off/, () => ["on", "false"]],
    [/^ours, all or none/, () => ["mine", "ours,all"]],
    [/^directory or s3/, () => ["s4", "directory,s3"]],
    [/^wav or mp3/, () => ["flac"]],
    [/^recorded or mono/, () => ["dual", "2"]],
    [/^refuse or read/, () => ["true", "allow"]],
    [/^path or host/, () => ["virtual"]],
    [/^keys of 32 bytes/, () => ["abc", "0".repeat(63), `${"0".repeat(64)} x`]],
    [/^a secret of at most (\d+)/, ([, most]) => ["a b", "x".repeat(Number(most) + 1)]],
    [/^x-forwarded-for or forwarded/, () => ["x-real-ip", "both"]],
    [/^word=\/path/, () => ["kin", "kin=", "kin=voice", "somebody=/voice", "kin=/a,kin=/b"]],
    [/^host:port on this machine/, () => ["9081", "phone.example.com:9081", "127.0.0.1:x"]],
    [/^one or more of (.*)/, () => ["everything"]],
    [/^do-not-record/, () => ["yes", "record"]],
    [/^trim-silence or/, () => ["true", "trim"]],
    [/^both_tracks, /, () => ["both", "inbound"]],
    [/^a list of host:port, \[v6\]/, () => ["8080", "127.0.0.1:99999", "127.0.0.1:x", "unix:relative", "somewhere.example.com:80x"]],
    [/^a list of addresses/, () => ["proxy", "192.0.2.0/33", "192.0.2"]],
    [/^a list of host or host:port/, () => ["https://example.com", "a/b", "example.com:x"]],
    [/^host:port:host:port/, () => ["a:1", "a:1:b:x", "a:1:b", "a:1:b:70000", ":1:b:2", "a:1:[::1:2"]],
    [/^origins/, () => ["app.example.com", "https://app.example.com/path", "*"]],
    [/^word=\/path/, () => ["kin", "kin=", "kin=old", "kin=/old/", "kin=/a//b", "kin=/a/../b", "kin=/a b", "kin=/%41", "all=/x", "none=/x", "kinn=/x", "kin=/a,kin=/b"]],
    [/^numbers of 2 to 6 digits/, () => ["1", "1234567", "911;112"]],
    [/^none, or e\.g\. rc=3/, () => ["rc=9", "retry=3", "rc=3&rc=4", "rp=all&&"]],
    [/^text of at most (\d+) bytes/, ([, most]) => ["x".repeat(Number(most) + 1)]],
    [/^one word/, () => ["two words", "a/b"]],
    [/^a client's identity/, () => ["a b", "x".repeat(122)]],
    [/^32 letters and digits/, () => ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "your_auth_token", "a b"]],
    [/^the path of a file/, () => []],
    [/^an https URL, or an http one/, () => ["http://app.example.com/auth", "ftp://app.example.com", "/auth"]],
    [/^a secret of visible ASCII/, () => ["a b", "x".repeat(513)]],
    [/^visible ASCII characters without spaces and commas, at most (\d+)/, ([, most]) => ["a b", "a,b", "x".repeat(Number(most) + 1)]],
    [/^times by name/, () => ["default", "default=90", "inbund=3d", "tag:=3d", "tag:a b=3d", "default=0d", "default=1d,default=2d"]],
    [/^words of visible ASCII characters with commas between, each at most (\d+)/, ([, most]) => ["\u00e4", "x".repeat(Number(most) + 1)]],
];

scenario("every option of .env.example is tried here", async () => {
    assert.ok(options.length > 50, String(options.length));
    const unknown = options.filter(({ takes }) => !takes || !mistakes.some(([pattern]) => pattern.test(takes)));
    assert.deepEqual(unknown, []);
});

for (const { name, takes } of options) {
    const [pattern, wrong] = mistakes.find(([one]) => one.test(takes ?? "")) ?? [null, () => []];
    const values = pattern ? wrong(takes.match(pattern)) : [];
    if (values.length > 0)
        scenario(`${name} takes ${takes.slice(0, 50)}: anything else is told`, async (world) => {
            for (const value of values) {
                const { status, stdout, stderr } = world.run(["check"], { [name]: value });
                assert.equal(status, 2, `${name}=${value.slice(0, 60)}:\n${stdout}${stderr}`);
                assert.match(stderr, new RegExp(`^  ${name}\\b`, "m"));
            }
        });
}

for (const name of ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET", "TWILIO_TWIML_APP_SID", "TWILIO_PHONE_NUMBER", "TWILIO_WEBHOOK_BASE_URL"])
    scenario(`without ${name} the server does not start`, async (world) => {
        for (const value of [undefined, ""]) {
            const { status, stderr } = world.run(["serve"], { [name]: value });
            assert.equal(status, 2, stderr);
            assert.match(stderr, new RegExp(name));
        }
    });

scenario("settings of voicemail that Twilio could not follow are told", async (world) => {
    for (const [change, name] of [
        [{ SWITCHHOOK_VOICEMAIL_KEYS: "12a" }, "SWITCHHOOK_VOICEMAIL_KEYS"],
        [{ SWITCHHOOK_VOICEMAIL_LENGTH: "121", SWITCHHOOK_VOICEMAIL_TRANSCRIBE: "true" }, "SWITCHHOOK_VOICEMAIL_LENGTH"],
        [{ SWITCHHOOK_VOICEMAIL_GREETING: "http://sounds.example.com/a.mp3" }, "SWITCHHOOK_VOICEMAIL_GREETING"],
    ]) {
        const { status, stderr } = world.run(["check"], change);
        assert.equal(status, 2, stderr);
        assert.match(stderr, new RegExp(`^  ${name}\\b`, "m"));
    }
});

scenario("settings of recordings that contradict each other are told", async (world) => {
    for (const [change, name] of [
        [{ SWITCHHOOK_MEDIA_LEASE_MS: "5000", SWITCHHOOK_RECORDINGS_TIMEOUT_MS: "5000" }, "SWITCHHOOK_MEDIA_LEASE_MS"],
        [{ SWITCHHOOK_RECORDINGS_READY_MS: "5000", SWITCHHOOK_RECORDINGS_READY_MAX_MS: "4000" }, "SWITCHHOOK_RECORDINGS_READY_MS"],
    ]) {
        const { status, stderr } = world.run(["check"], change);
        assert.equal(status, 2, stderr);
        assert.match(stderr, new RegExp(`^  ${name}\\b`, "m"));
    }
});

scenario("all mistakes are told at once", async (world) => {
    const { status, stderr } = world.run(["serve"], {
        TWILIO_ACCOUNT_SID: "AC1",
        SWITCHHOOK_WORKERS: "0",
        SWITCHHOOK_AUTH: "magic",
        SWITCHHOOK_NO_SUCH_THING: "1",
    });
    assert.equal(status, 2);
    for (const name of ["TWILIO_ACCOUNT_SID", "SWITCHHOOK_WORKERS", "SWITCHHOOK_AUTH", "SWITCHHOOK_NO_SUCH_THING"])
        assert.match(stderr, new RegExp(`^  ${name}\\b`, "m"));
    assert.match(stderr, /^4 mistakes in the configuration/m);
});

scenario("a typing mistake in a name is told, with the name that was meant", async (world) => {
    const { status, stderr } = world.run(["check"], { SWITCHHOOK_LISTN: "127.0.0.1:1" });
    assert.equal(status, 2);
    assert.match(stderr, /SWITCHHOOK_LISTEN/);
});

scenario("two names of one thing that disagree: told, whichever comes first", async (world) => {
    const { status, stderr } = world.run(["check"], { TWILIO_CALLER_NUMBER: "+15005550010" });
    assert.equal(status, 2);
    assert.match(stderr, /TWILIO_PHONE_NUMBER/);
    assert.match(stderr, /TWILIO_CALLER_NUMBER/);
    assert.equal(world.run(["check"], { TWILIO_CALLER_NUMBER: world.env.TWILIO_PHONE_NUMBER }).status, 0);
});

scenario("other names of the five frontends are understood", async (world) => {
    const { TWILIO_API_KEY_SID, TWILIO_API_KEY_SECRET, TWILIO_TWIML_APP_SID, TWILIO_PHONE_NUMBER, TWILIO_WEBHOOK_BASE_URL } = world.env;
    const { status, stderr } = world.run(["check"], {
        TWILIO_API_KEY_SID: undefined,
        TWILIO_API_KEY_SECRET: undefined,
        TWILIO_TWIML_APP_SID: undefined,
        TWILIO_PHONE_NUMBER: undefined,
        TWILIO_WEBHOOK_BASE_URL: undefined,
        TWILIO_API_KEY: TWILIO_API_KEY_SID,
        TWILIO_API_SECRET: TWILIO_API_KEY_SECRET,
        TWILIO_APPLICATION_SID: TWILIO_TWIML_APP_SID,
        TWILIO_FROM_NUMBER: TWILIO_PHONE_NUMBER,
        BACKEND_URL: TWILIO_WEBHOOK_BASE_URL,
    });
    assert.equal(status, 0, stderr);
});

scenario("a secret in a file is read, and a file that others may read is told", async (world) => {
    const file = path.join(world.dir, "auth-token");
    writeFileSync(file, `${world.env.TWILIO_AUTH_TOKEN}\n`, { mode: 0o600 });
    const change = { TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: file };
    assert.equal(world.run(["check"], change).status, 0);
    chmodSync(file, 0o644);
    const loose = world.run(["check"], change);
    assert.match(loose.stdout + loose.stderr, /auth-token/);
    assert.equal(world.run(["check"], { TWILIO_AUTH_TOKEN_FILE: file }).status, 2, "both are one too many");
    assert.equal(world.run(["check"], { TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: `${file}-not-there` }).status, 2);
});

scenario("a .env file beside the program is read, the environment wins, and mistakes tell their line", async (world) => {
    const file = path.join(world.dir, "my.env");
    writeFileSync(file, '# a comment\nSWITCHHOOK_GREETING_TEXT="Hello from the file"\nSWITCHHOOK_WORKERS=zero\n');
    const { status, stderr } = world.run(["check", "--env-file", file], { SWITCHHOOK_WORKERS: undefined });
    assert.equal(status, 2);
    assert.match(stderr, /my\.env.*line 3|my\.env:3/);
    assert.equal(world.run(["check", "--env-file", file], { SWITCHHOOK_WORKERS: "2" }).status, 0);
    assert.equal(world.run(["check", "--env-file", `${file}-not-there`]).status, 2);
});

scenario("secrets are not shown, not even wrong ones", async (world) => {
    const secret = `not/a/token/${"q7".repeat(10)}`;
    const { stdout, stderr } = world.run(["check"], { TWILIO_AUTH_TOKEN: secret });
    assert.ok(!(stdout + stderr).includes(secret));
});

scenario("the auth token in a browser's variable is told loudly", async (world) => {
    const { stderr, stdout } = world.run(["check"], { NEXT_PUBLIC_TWILIO_AUTH_TOKEN: world.env.TWILIO_AUTH_TOKEN });
    assert.match(stderr + stdout, /NEXT_PUBLIC_TWILIO_AUTH_TOKEN/);
});

const commandLines = [
    [[], 0, /usage: switchhook/],
    [["--help"], 0, /usage: switchhook/],
    [["--version"], 0, /^switchhook \d+\.\d+\.\d+/],
    [["dance"], 2, /no subcommand "dance"/],
    [["serve", "--port", "1"], 2, /--port/],
    [["check", "extra"], 2, /extra/],
    [["serve", "--env-file"], 2, /--env-file/],
];

for (const [args, status, said] of commandLines)
    scenario(`switchhook ${args.join(" ")}: exit status ${status}`, async (world) => {
        const end = world.run(args);
        assert.equal(end.status, status, end.stderr);
        assert.match(end.stdout + end.stderr, said);
    });

scenario("an address that is taken: exit status 1 or 2, and it says which", async (world) => {
    const { status, stderr } = world.run(["serve"], { SWITCHHOOK_DATABASE: path.join(world.dir, "second.db") });
    assert.ok([1, 2].includes(status), stderr);
    assert.match(stderr, new RegExp(String(world.port)));
});

scenario("a database that another server uses: the second one does not start", async (world) => {
    const { status, stderr } = world.run(["serve"], { SWITCHHOOK_LISTEN: "127.0.0.1:0" });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /switchhook\.db/);
    assert.equal((await world.api.get("/calls")).status, 200, "the first one goes on");
});
