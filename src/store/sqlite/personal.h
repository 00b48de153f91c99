/*
 * Which columns tell of persons, and what becomes of them when somebody is erased. Every column of every table is in one
 * of the lists (tests/store_sqlite/personal_test.c), so nobody adds one without thinking of this.
 */
#ifndef STORE_SQLITE_PERSONAL_H
#define STORE_SQLITE_PERSONAL_H

#include <stddef.h>

/** Lists are names with spaces between; NULL: none. */
struct personal_table {
    const char *name;
    const char
        *key; /* an integer in whose order it is walked through; NULL: at once, or not at all */
    const char *
        call; /* the column that says of which call a row is; rows of calls that go on or are held stay */
    const char *masked;   /* the person's name in it becomes PERSON_ERASED */
    const char *unset;    /* NULL if it is the person's name as a whole */
    const char *emptied;  /* NULL in each row that names the person anywhere */
    const char *also;     /* a condition: whose `emptied` columns go as well, whomever they name */
    const char *dropped;  /* the row goes if it is the person's name as a whole, or has it in it */
    const char *of_call;  /* goes with the call (erase.c), and names nobody but those of the call */
    const char *settings; /* what an operator has written down: told, not changed */
    const char *derived;  /* follows another column by a trigger or by the code that writes it */
    const char *nothing;  /* tells of nobody: numbers, times, states, names that machines made up */
};

extern const struct personal_table personal_tables[];
extern const size_t personal_table_count;

#endif
