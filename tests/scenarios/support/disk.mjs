// Disks that fail on request. One is a library in front of the C library; one is a real file system of a few megabytes,
// which takes rights to mount.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { built } from "./programs.mjs";

/** What tests/support/failing_disk_shim.c can be told. */
export const TROUBLES = {
    full: "f",
    "over quota": "q",
    broken: "i",
    "read-only": "r",
    "full in the middle of a write": "h",
    "broken when syncing": "s",
};

/** The database is on a disk that obeys this hand; or other files whose path contains `match`. */
export class Disk {
    constructor(match = "switchhook.db") {
        this.match = match;
        this.folder = mkdtempSync(path.join(tmpdir(), "switchhook-disk-"));
        this.control = path.join(this.folder, "control");
        writeFileSync(this.control, "-");
    }

    /** For the server's environment; sanitizers mind libraries that come before theirs. */
    get env() {
        return {
            LD_PRELOAD: built("support/failing_disk.so"),
            FAILING_DISK_CONTROL: this.control,
            FAILING_DISK_MATCH: this.match,
            ASAN_OPTIONS: `exitcode=99:verify_asan_link_order=0:${process.env.ASAN_OPTIONS ?? ""}`,
        };
    }

    get(trouble) {
        writeFileSync(this.control, TROUBLES[trouble], { flag: "r+" });
    }

    heal() {
        writeFileSync(this.control, "-", { flag: "r+" });
    }

    remove() {
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A file system of its own in memory. */
export class SmallDisk {
    /** Why there can be none here, or false. */
    static missing() {
        const tried = mkdtempSync(path.join(tmpdir(), "switchhook-mount-"));
        const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", tried]);
        if (status === 0)
            spawnSync("umount", [tried]);
        rmSync(tried, { recursive: true });
        return status === 0 ? false : "no right to mount file systems";
    }

    constructor(bytes) {
        this.folder = mkdtempSync(path.join(tmpdir(), "switchhook-disk-"));
        execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "none", this.folder]);
        this.database = path.join(this.folder, "switchhook.db");
    }

    /** A file that takes all the room there is. Gives its path. */
    fill() {
        const rubbish = path.join(this.folder, "rubbish");
        const file = openSync(rubbish, "w");
        try {
            for (;;)
                writeSync(file, Buffer.alloc(4096));
        } catch (problem) {
            if (problem.code !== "ENOSPC")
                throw problem;
        } finally {
            closeSync(file);
        }
        return rubbish;
    }

    resize(bytes) {
        execFileSync("mount", ["-o", `remount,size=${bytes}`, this.folder]);
    }

    /** Only while nobody has a file open for writing. */
    readOnly(yes) {
        execFileSync("mount", ["-o", `remount,${yes ? "ro" : "rw"}`, this.folder]);
    }

    remove() {
        spawnSync("umount", [this.folder]);
        rmSync(this.folder, { recursive: true, force: true });
    }
}
