/* The beginning of what is said to be sound: any bytes are sound or are refused, and nothing behind them is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/audio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct audio_facts facts = {0};
    struct error err = {0};
    if (audio_look(data, size, &facts, &err) < 0) {
        if (err.kind != ERROR_UPSTREAM || err.message[0] == '\0')
            abort();
    } else if (facts.channels < 1 || facts.channels > 2 || facts.rate_hz == 0 ||
               facts.total_bytes < 0) {
        abort();
    }
    return 0;
}
