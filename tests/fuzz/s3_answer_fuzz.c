/*
 * Answers of an S3-compatible store as anybody may send them: the scan stays within the text, what it finds lies in it, and a
 * value is what may go into a header, a query or a log line.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../src/storage/s3_answer.h"
#include "core/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct s3_text whole, struct s3_text part)
{
    ASSERT(part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"Error", "Code",   "UploadId",
                                        "ETag",  "Upload", "ServerTime"};
    const struct s3_text whole = {.data = (const char *)data, .len = size};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char value[32];
        struct s3_text part;
        struct s3_text rest = whole;
        size_t before = rest.len + 1;
        while (s3_next_element(&rest, names[i], &part)) {
            check_within(whole, part);
            check_within(whole, rest);
            ASSERT(rest.len < before);
            before = rest.len;
            (void)s3_value(part, "Key", value, sizeof value);
        }
        if (!s3_value(whole, names[i], value, sizeof value))
            ASSERT(value[0] == '\0');
        for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++)
            ASSERT(*c >= 0x20 && *c != 0x7f);
    }
    return 0;
}
