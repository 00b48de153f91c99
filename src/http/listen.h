/*
 * Listening sockets, from the words of the settings. Knows nothing of HTTP.
 */
#ifndef HTTP_PRIVATE_LISTEN_H
#define HTTP_PRIVATE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/error.h"

/** A socket that listens, non-blocking and close-on-exec. */
struct listener {
    int fd;
    unsigned port;  /**< 0 if it is not TCP */
    bool inherited; /**< systemd's: what waits in its queue is left to the next instance */
    char *path;     /**< of a Unix socket that is ours to remove, else NULL */
    dev_t device;   /**< of that path, to remove only what we made */
    ino_t inode;
};

struct listeners {
    struct listener *items;
    size_t count;
};

/**
 * Open what `words` say: `host:port`, `[v6]:port`, `unix:path`, `systemd`. All or nothing.
 *
 * A Unix socket that nobody answers on any more is removed first; ours has mode 0660.
 *
 * @param err  INVALID naming the word that is wrong, CONFLICT if the address is taken
 */
int listeners_open(const char *const *words,
                   size_t count,
                   struct listeners *out,
                   struct error *err) MUST_USE;

/** Close all, and remove the Unix sockets we made. */
void listeners_close(struct listeners *listeners);

#endif
