#include "core/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "support/cmocka_all.h"

/* What was logged between start and read_back, from a file in place of stderr. */
struct capture {
    FILE *file;
};

static struct capture start(struct log_settings settings)
{
    struct capture capture = {.file = tmpfile()};
    assert_non_null(capture.file);
    settings.fd = fileno(capture.file);
    log_start(&settings);
    return capture;
}

/* Stops the log. The caller frees the text. */
static char *stop(struct capture *capture)
{
    log_stop();
    struct stat file;
    assert_int_equal(fstat(fileno(capture->file), &file), 0);
    size_t len = (size_t)file.st_size;
    char *text = xcalloc(len + 1, 1);
    assert_int_equal(pread(fileno(capture->file), text, len, 0), file.st_size);
    (void)fclose(capture->file);
    return text;
}

static void a_line_is_time_level_event_and_fields(void **state)
{
    (void)state;
    struct capture capture = start((struct log_settings){.threshold = LOG_LEVEL_DEBUG});
    log_debug("a.b", LOG_TEXT("x", "1"));
    log_info("call.placed", LOG_TEXT("call", "call_1"), LOG_INT("ms", -4), LOG_SECRET("token"));
    log_warning("a.b", LOG_INT("n", INT64_MIN), LOG_INT("m", INT64_MAX), LOG_INT("o", 0));
    log_error("a.b", LOG_PHONE("to", "+14155550100"), LOG_PHONE("from", NULL));
    auto_free char *text = stop(&capture);

    static const char *const ends[] = {
        " debug a.b x=1\n",
        " info call.placed call=call_1 ms=-4 token=***\n",
        " warning a.b n=-9223372036854775808 m=9223372036854775807 o=0\n",
        " error a.b to=+*******0100 from=\"\"\n",
    };
    const char *line = text;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char when[TIME_TEXT_BYTES] = "";
        int64_t ms;
        memcpy(when, line, strlen("2026-11-20T19:22:00.123Z"));
        assert_true(time_from_rfc3339(when, &ms));
        assert_in_range(wall_clock_now_ms(wall_clock_real()) - ms, 0, 60000);
        line += strlen(when);
        assert_memory_equal(line, ends[i], strlen(ends[i]));
        line += strlen(ends[i]);
    }
    assert_string_equal(line, "");
}

static void a_value_can_forge_neither_field_nor_line(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *shown;
    } cases[] = {
        {"azAZ09_.:/+@,-*",  "azAZ09_.:/+@,-*"             },
        {"",                 "\"\""                        },
        {NULL,               "\"\""                        },
        {"a b",              "\"a b\""                     },
        {"x level=error",    "\"x level=error\""           },
        {"a\"b\\c",          "\"a\\\"b\\\\c\""             },
        {"a\nerror b.c",     "\"a\\nerror b.c\""           },
        {"\r\t\x1b[31m\x7f", "\"\\x0d\\x09\\x1b[31m\\x7f\""},
        {"J\xc3\xbcrgen",    "\"J\\xc3\\xbcrgen\""         },
        {"\xe2\x80\xa8",     "\"\\xe2\\x80\\xa8\""         }, /* a line separator */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct capture capture = start((struct log_settings){.threshold = LOG_LEVEL_INFO});
        log_info("a.b", LOG_TEXT("v", cases[i].value), LOG_INT("end", 1));
        auto_free char *text = stop(&capture);
        const char *value = strstr(text, " v=") + 3;
        assert_memory_equal(value, cases[i].shown, strlen(cases[i].shown));
        assert_string_equal(value + strlen(cases[i].shown), " end=1\n");
    }
}

static void a_long_value_is_cut_and_leaves_room_for_the_next(void **state)
{
    (void)state;
    static const char fillers[] = {'x', ' ', '"', '\x01'};
    for (size_t filler = 0; filler < sizeof fillers; filler++) {
        for (size_t len = LIMIT_LOG_LINE_BYTES / 5; len < LIMIT_LOG_LINE_BYTES + 10; len++) {
            auto_free char *value = xcalloc(len + 1, 1);
            memset(value, fillers[filler], len);
            struct capture capture = start((struct log_settings){0});
            log_info("a.b", LOG_TEXT("v", value), LOG_TEXT("req", "r1"));
            auto_free char *text = stop(&capture);
            size_t bytes = strlen(text);
            assert_true(bytes <= LIMIT_LOG_LINE_BYTES);
            const char *end = strstr(text, " req=r1\n");
            assert_non_null(end);
            int cut = memcmp(end - 3, "...", 3) == 0;
            size_t each = filler == 3 ? 4 : filler == 2 ? 2 : 1;
            size_t whole = len * each + (filler == 0 ? 0 : 2);
            size_t shown = (size_t)(end - strstr(text, " v=")) - 3;
            assert_true(cut ? shown < whole + 3 : shown == whole);
            if (cut)
                assert_true(bytes > LIMIT_LOG_LINE_BYTES - 100);
            len += 17;
        }
    }
}

static void too_many_fields_end_the_line_at_its_limit(void **state)
{
    (void)state;
    struct log_field fields[300];
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        fields[i] = LOG_TEXT("a_key", i % 2 == 0 ? "some text in quotes" : "bare");
    for (size_t count = 0; count <= ARRAY_LEN(fields); count++) {
        struct capture capture = start((struct log_settings){0});
        log_write(LOG_LEVEL_INFO, "a.b", fields, count);
        auto_free char *text = stop(&capture);
        assert_true(strlen(text) <= LIMIT_LOG_LINE_BYTES);
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
        count += 6;
    }
}

static void below_the_threshold_nothing_is_written(void **state)
{
    (void)state;
    struct capture capture = start((struct log_settings){.threshold = LOG_LEVEL_WARNING});
    log_info("a.b", LOG_INT("n", 1));
    log_set_threshold(LOG_LEVEL_INFO);
    log_info("a.b", LOG_INT("n", 2));
    assert_int_equal(log_threshold(), LOG_LEVEL_INFO);
    auto_free char *text = stop(&capture);
    assert_null(strstr(text, "n=1"));
    assert_non_null(strstr(text, "n=2"));
}

static void numbers_are_shown_when_asked_for(void **state)
{
    (void)state;
    struct capture capture = start((struct log_settings){.show_numbers = 1});
    log_info("a.b", LOG_PHONE("to", "+14155550100"));
    auto_free char *text = stop(&capture);
    assert_non_null(strstr(text, "to=+14155550100\n"));
}

static void the_journal_is_given_priorities(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    struct stat status;
    char stream[64];
    assert_int_equal(fstat(fileno(file), &status), 0);
    (void)snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    log_start(&(struct log_settings){.fd = fileno(file)});
    struct capture capture = {.file = file};
    log_debug("a.b", LOG_INT("n", 1));
    log_info("a.b", LOG_INT("n", 1));
    log_warning("a.b", LOG_INT("n", 1));
    log_error("a.b", LOG_INT("n", 1));
    auto_free char *text = stop(&capture);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    static const char *const priorities[] = {"<7>2", "<6>2", "<4>2", "<3>2"};
    const char *line = text;
    for (size_t i = 0; i < ARRAY_LEN(priorities); i++) {
        assert_memory_equal(line, priorities[i], 4);
        line = strchr(line, '\n') + 1;
    }
    capture = start((struct log_settings){0}); /* no longer the journal */
    log_info("a.b", LOG_INT("n", 1));
    auto_free char *plain = stop(&capture);
    assert_int_equal(plain[0], '2');
}

enum { THREADS = 4, LINES = 3000 };

/* The number behind `key` in the first line of `text`, or -1. */
static int64_t number_of(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    const char *end = strchr(text, '\n');
    return at == NULL || at > end ? -1 : strtoll(at + strlen(key), NULL, 10);
}

static void *write_lines(void *context)
{
    const int *thread = context;
    for (int i = 0; i < LINES; i++)
        log_info("a.b", LOG_INT("thread", *thread), LOG_INT("n", i));
    return NULL;
}

static void lines_of_many_threads_stay_whole_and_in_order(void **state)
{
    (void)state;
    uint64_t drops = log_drops();
    struct capture capture = start((struct log_settings){.queue_bytes = MiB(4)});
    pthread_t threads[THREADS];
    int ids[THREADS];
    for (int i = 0; i < THREADS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &ids[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    auto_free char *text = stop(&capture);
    assert_true(log_drops() == drops);
    int next[THREADS] = {0};
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        int64_t thread = number_of(line, " info a.b thread=");
        assert_in_range(thread, 0, THREADS - 1);
        assert_int_equal(number_of(line, " n="), next[thread]++);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(next[i], LINES);
}

static void pipe_without_reader(int ends[2])
{
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
}

static char *read_all(int fd)
{
    size_t len = 0;
    char *text = xcalloc(MiB(1), 1);
    for (ssize_t got; (got = read(fd, text + len, MiB(1) - 1 - len)) > 0;)
        len += (size_t)got;
    return text;
}

struct reader {
    int fd;
    char *text;
};

static void *run_reader(void *context)
{
    struct reader *reader = context;
    reader->text = read_all(reader->fd);
    return NULL;
}

static void a_full_queue_drops_lines_and_says_so(void **state)
{
    (void)state;
    int ends[2];
    pipe_without_reader(ends);
    uint64_t before = log_drops();
    log_start(&(struct log_settings){.fd = ends[1], .queue_bytes = KiB(16)});
    for (int i = 0; i < 2000; i++)
        log_info("a.b", LOG_INT("n", i));
    uint64_t drops = log_drops() - before;
    assert_in_range(drops, 1000, 1999);

    struct reader reader = {.fd = ends[0]};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_reader, &reader), 0);
    log_stop();
    (void)close(ends[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    auto_free char *text = reader.text;
    uint64_t told = 0;
    uint64_t lines = 0;
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        int64_t count = number_of(line, " warning log.dropped lines=");
        if (count >= 0)
            told += (uint64_t)count;
        else
            lines++;
    }
    assert_true(told == drops);
    assert_true(lines == 2000 - drops);
    (void)close(ends[0]);
}

static void a_broken_descriptor_counts_as_drops(void **state)
{
    (void)state;
    int ends[2];
    pipe_without_reader(ends);
    (void)close(ends[0]);
    uint64_t before = log_drops();
    log_start(&(struct log_settings){.fd = ends[1]});
    for (int i = 0; i < 10; i++)
        log_info("a.b", LOG_INT("n", i));
    log_stop();
    assert_true(log_drops() - before == 10);
    (void)close(ends[1]);
}

static void a_nonblocking_descriptor_is_waited_for(void **state)
{
    (void)state;
    int ends[2];
    pipe_without_reader(ends);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    log_start(&(struct log_settings){.fd = ends[1]});
    for (int i = 0; i < 1000; i++)
        log_info("a.b", LOG_INT("n", i));
    struct reader reader = {.fd = ends[0]};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_reader, &reader), 0);
    log_stop();
    (void)close(ends[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    auto_free char *text = reader.text;
    assert_non_null(strstr(text, "n=999\n"));
    (void)close(ends[0]);
}

static void stopping_does_not_wait_for_ever(void **state)
{
    (void)state;
    int ends[2];
    pipe_without_reader(ends);
    log_start(&(struct log_settings){.fd = ends[1]});
    for (int i = 0; i < 1000; i++)
        log_info("a.b", LOG_INT("n", i));
    int64_t before = monotonic_ms();
    log_stop();
    assert_in_range(monotonic_ms() - before, 1900, 20000);
    uint64_t drops = log_drops();
    log_info("a.b", LOG_INT("n", 1)); /* must not hang either */
    assert_true(log_drops() == drops + 1);
    log_stop(); /* nothing to stop */
    /* The writer wakes up on a broken pipe and takes its queue with it. */
    (void)close(ends[0]);
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_time_level_event_and_fields),
        cmocka_unit_test(a_value_can_forge_neither_field_nor_line),
        cmocka_unit_test(a_long_value_is_cut_and_leaves_room_for_the_next),
        cmocka_unit_test(too_many_fields_end_the_line_at_its_limit),
        cmocka_unit_test(below_the_threshold_nothing_is_written),
        cmocka_unit_test(numbers_are_shown_when_asked_for),
        cmocka_unit_test(the_journal_is_given_priorities),
        cmocka_unit_test(lines_of_many_threads_stay_whole_and_in_order),
        cmocka_unit_test(a_full_queue_drops_lines_and_says_so),
        cmocka_unit_test(a_broken_descriptor_counts_as_drops),
        cmocka_unit_test(a_nonblocking_descriptor_is_waited_for),
        cmocka_unit_test(stopping_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
