/* The columns of a call, as the statements of calls.c and call_list.c name them and call_read
 * expects them. */
#ifndef STORE_SQLITE_CALL_COLUMNS_H
#define STORE_SQLITE_CALL_COLUMNS_H

#include "row.h"

#define CALL_FIXED "number, account_sid, direction, created_at"
#define CALL_NAMES "root_sid, identity, owner, call_group"
#define CALL_CHANGING                                                                              \
    "placement, status, sequence, answered_at, ended_at, duration_s, sip_code, outcome, "          \
    "from_address, to_address, heard_at, due_at, hangup_wanted, refusal_code, refusal, price, "    \
    "price_unit, plan, metadata, hangup_asked_at, voicemail_at, "                                  \
    "consent_text, consent_wish, consent_caller_heard, consent_callee_heard"
#define CALL_SELECT                                                                                \
    "SELECT " CALL_FIXED ", " CALL_NAMES ", " CALL_CHANGING ", id_random, "                        \
    "(SELECT count(*) FROM timeline WHERE call_number = calls.number) FROM calls "

/** Reads a row of CALL_SELECT into a struct call_row. */
row_read_fn call_read;

#endif
