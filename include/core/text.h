/*
 * Small questions about text. Pure functions, any thread.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
bool text_is_utf8(const char *text, size_t len);

/** Well-formed UTF-8 made only of XML 1.0 Char: TAB, LF, CR and U+0020.. without surrogates, U+FFFE and U+FFFF. */
bool text_is_xml(const char *text, size_t len);

/** E.164 as this house takes it: `^\+[1-9][0-9]{6,14}$`. NULL is false. */
bool text_is_e164(const char *text);

/** Twilio's SID of a kind: two letters and 32 hexadecimal digits, e.g. text_is_sid(s, "CA"). NULL is false. */
bool text_is_sid(const char *text, const char *prefix);

/** The whole text is a decimal integer within [min, max]; leading `+`, spaces and zeros like "007" are not taken. */
bool text_to_int64(const char *text, int64_t min, int64_t max, int64_t *out);

/** "true", "1", "yes", "on" / "false", "0", "no", "off", case-insensitively; else false is returned. */
bool text_to_bool(const char *text, bool *out);

/** NULL equals NULL only; NULL starts with nothing. */
bool text_equal(const char *a, const char *b);
bool text_equal_nocase(const char *a, const char *b);
bool text_starts_with(const char *text, const char *prefix);
bool text_starts_with_nocase(const char *text, const char *prefix);

/** NULL or "". */
bool text_is_empty(const char *text);

/** Copy into a fixed buffer; false (and nothing written but a NUL) if it does not fit. NULL is copied as "". */
bool text_copy(char *out, size_t out_bytes, const char *text);

/**
 * Every digit but the last four of a phone number becomes `*`. A phone number is a text of nothing but digits and
 * their punctuation, or seven and more digits in a row anywhere (`sip:+14155550100@...`); other text is copied as it
 * is. NULL is "". Truncates to fit.
 */
void text_mask_number(char *out, size_t out_bytes, const char *number);

#endif
