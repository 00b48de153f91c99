/* Lines for people on standard output, through a bounded queue and a thread: a reader who stops
 * reading stops no call. */
#ifndef SIMULATOR_TELLER_H
#define SIMULATOR_TELLER_H

struct teller;

/** Start the thread; `fd` is written to. */
struct teller *teller_create(int fd);

/** Queue a line (without its end). Dropped, and counted, if a megabyte waits. Any thread. */
void teller_tell(struct teller *teller, const char *line);

/** Write what waits as far as it is read at once, end the thread. Takes NULL. */
void teller_free(struct teller *teller);

#endif
