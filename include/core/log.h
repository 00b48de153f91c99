/*
 * One line per event on stderr: `time level event key=value ...`, at most LIMIT_LOG_LINE_BYTES. A value with anything
 * but harmless characters is quoted and escaped, so it can look like neither a field nor a line; one that is too long
 * ends in `...`.
 *
 * Lines go through a bounded queue and a thread of their own, so a blocked stderr never stops a call; what does not fit
 * is dropped and counted.
 *
 * Event names are `noun.verb`. Every line carries req= or job= where there is one. Secrets are never given to the log;
 * LOG_SECRET exists so that a place which names one prints `***`. The log is the one process-wide object.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdint.h>

#include "core/macros.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

enum log_field_type { LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_NUMBER, LOG_FIELD_SECRET };

/** One key=value. Build with the macros below; `text` is borrowed for the call. */
struct log_field {
    const char *key;
    enum log_field_type type;
    const char *text;
    int64_t number;
};

/* clang-format off */
#define LOG_TEXT(k, v)   ((struct log_field){.key = (k), .type = LOG_FIELD_TEXT, .text = (v)})
#define LOG_INT(k, v)    ((struct log_field){.key = (k), .type = LOG_FIELD_INT, .number = (int64_t)(v)})
/** A phone number or identity: digits of numbers are masked to the last four unless configured otherwise. */
#define LOG_PHONE(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_NUMBER, .text = (v)})
#define LOG_SECRET(k)    ((struct log_field){.key = (k), .type = LOG_FIELD_SECRET})
/* clang-format on */

/** Log with at least one field: `log_info("call.placed", LOG_TEXT("call", id), LOG_INT("ms", 4));` Any thread. */
#define log_debug(event, ...) LOG_AT(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) LOG_AT(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warning(event, ...) LOG_AT(LOG_LEVEL_WARNING, event, __VA_ARGS__)
#define log_error(event, ...) LOG_AT(LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define LOG_AT(level, event, ...)                                                                  \
    do {                                                                                           \
        if ((level) >= log_threshold())                                                            \
            log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                   \
                      ARRAY_LEN(((const struct log_field[]){__VA_ARGS__})));                       \
    } while (0)

struct log_settings {
    enum log_level threshold;
    int show_numbers;   /**< nonzero: phone numbers are not masked */
    size_t queue_bytes; /**< how much may wait for stderr; 0 = 1 MiB */
    int fd;             /**< where lines go; 0 = 2, stderr */
};

/**
 * Start the thread. Before this, and after log_stop, lines are written directly. From here on lines begin with a
 * priority like `<6>` if `fd` is what $JOURNAL_STREAM names. Call from main, before other threads run.
 */
void log_start(const struct log_settings *settings);

/**
 * Write what waits (for at most two seconds if nobody reads; then later lines are dropped), end the thread. The log may
 * be started again.
 */
void log_stop(void);

enum log_level log_threshold(void);
void log_set_threshold(enum log_level level);

/** Lines dropped since the start because the queue was full or the descriptor broken. */
uint64_t log_drops(void);

void log_write(enum log_level level,
               const char *event,
               const struct log_field *fields,
               size_t count);

#endif
