// The server as systemd starts it: tests/support/tiny_systemd_tool.c opens its socket and listens to it.
import path from "node:path";

import { built } from "./programs.mjs";
import { until } from "./until.mjs";

/** Settings of a world whose server is started like that; take `manage` before its start. */
export const managedSettings = { SWITCHHOOK_LISTEN: "systemd" };

export class TinySystemd {
    constructor(world) {
        this.world = world;
        world.wrapper = [built("support/tiny_systemd"), String(world.port), path.join(world.dir, "notify")];
    }

    /** What the service has said of itself, in order. */
    get notified() {
        return [...this.world.server.output.matchAll(/^notify (.*)$/gm)].map(([, text]) => text);
    }

    heard(message, times = 1) {
        return until(`the server says ${message} for the ${times}. time`, () => this.notified.filter((one) => one === message).length >= times);
    }

    /** systemctl restart. */
    async restart() {
        const ready = this.world.logged("server.ready").length;
        this.world.server.child.kill("SIGUSR1");
        await until("it is restarted", () => this.world.logged("server.ready").length > ready);
        this.world.adminPort = Number(this.world.logged("server.ready").at(-1).admin_port);
    }
}
