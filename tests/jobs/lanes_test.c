/* What stands still while there is no room on the disk, and what must not. */
#include "support/house.h"

#define RECORDING "RE000000000000000000000000000000aa"

static int insert_job(struct store_tx *tx, void *work, struct error *err)
{
    return store_insert_job(tx, work, err);
}

static void put_job(struct house *house, enum job_kind kind)
{
    struct job_row job = {.account_sid = FAKE_ACCOUNT,
                          .kind = kind,
                          .subject = RECORDING,
                          .run_at_ms = 1,
                          .created_at_ms = 1};
    house_apply(house, insert_job, &job);
}

static int read_jobs(struct store_rx *rx, void *work, struct error *err)
{
    const struct job_filter open = {.limit = 10};
    auto_arena struct arena *arena = arena_create();
    struct job_rows rows;
    bool *reached = work;
    if (store_list_jobs(rx, &open, arena, &rows, err) < 0)
        return -1;
    *reached =
        rows.count == 1 && rows.items[0].kind == JOB_FETCH_RECORDING && rows.items[0].attempts == 0;
    return 0;
}

/* The one is done, and the other was not even claimed. */
static bool only_fetching_is_open(struct house *house, void *context)
{
    (void)context;
    struct error err = {0};
    bool reached = false;
    return store_run_read(house->app->store, read_jobs, &reached, &err) == 0 && reached;
}

static void erasing_waits_for_no_room(void **state)
{
    static const char *const settings[] = {"SWITCHHOOK_RECORDINGS_FETCH=true",
                                           "SWITCHHOOK_RECORDINGS_RESERVE_BYTES=1099511627776",
                                           NULL};
    (void)state;
    struct house house;
    house_open(&house, settings);
    const struct fake_recording recording = {.sid = RECORDING, .status = "completed"};
    fake_put_recording(house.twilio, &recording);
    put_job(&house,
            JOB_FETCH_RECORDING); /* of a recording that is not there: it would be dropped */
    put_job(&house, JOB_ERASE_AT_TWILIO);
    fake_await(house.twilio, FAKE_DELETE, 1);
    house_until(&house, only_fetching_is_open, NULL);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erasing_waits_for_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
