/* Lines for people, and people who do not read them. */
#include "../src/simulator/teller.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static void lines_come_out_in_order(void **state)
{
    (void)state;
    int ends[2];
    char text[64] = "";
    assert_int_equal(0, pipe2(ends, O_CLOEXEC));
    struct teller *teller = teller_create(ends[1]);
    teller_tell(teller, "one");
    teller_tell(teller, "two");
    teller_free(teller);
    assert_int_equal(8, read(ends[0], text, sizeof(text)));
    assert_string_equal("one\ntwo\n", text);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void a_reader_who_stops_reading_holds_nobody_up(void **state)
{
    (void)state;
    enum { MANY = 50000 };
    int ends[2];
    assert_int_equal(0, pipe2(ends, O_CLOEXEC));
    struct teller *teller = teller_create(ends[1]);
    for (int i = 0; i < MANY; i++)
        teller_tell(teller, "a line that is long enough to fill pipe and queue after a while");
    teller_free(teller);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_out_in_order),
        cmocka_unit_test(a_reader_who_stops_reading_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
