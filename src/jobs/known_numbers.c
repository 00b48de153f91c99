#include "known_numbers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "core/xmalloc.h"

enum { NUMBERS_MAX = 1000, NUMBER_BYTES = 24 };

struct known_numbers {
    pthread_mutex_t lock;
    size_t count;
    struct {
        char number[NUMBER_BYTES];
        bool ours;
    } items[NUMBERS_MAX];
};

struct known_numbers *known_numbers_create(void)
{
    struct known_numbers *numbers = xcalloc(1, sizeof(*numbers));
    pthread_mutex_init(&numbers->lock, NULL);
    return numbers;
}

void known_numbers_free(struct known_numbers *numbers)
{
    if (numbers == NULL)
        return;
    pthread_mutex_destroy(&numbers->lock);
    free(numbers);
}

/* The count if there is none. */
static size_t place_of(const struct known_numbers *numbers, const char *number)
{
    size_t i = 0;
    while (i < numbers->count && !text_equal(numbers->items[i].number, number))
        i++;
    return i;
}

bool known_numbers_tell(struct known_numbers *numbers, const char *number)
{
    pthread_mutex_lock(&numbers->lock);
    bool known = place_of(numbers, number) < numbers->count;
    pthread_mutex_unlock(&numbers->lock);
    return known;
}

bool known_numbers_has(struct known_numbers *numbers, const char *number)
{
    if (number == NULL)
        return false;
    pthread_mutex_lock(&numbers->lock);
    size_t i = place_of(numbers, number);
    bool ours = i < numbers->count && numbers->items[i].ours;
    pthread_mutex_unlock(&numbers->lock);
    return ours;
}

void known_numbers_put(struct known_numbers *numbers, const char *number, bool ours)
{
    pthread_mutex_lock(&numbers->lock);
    if (numbers->count == NUMBERS_MAX)
        numbers->count = 0;
    size_t i = place_of(numbers, number);
    (void)snprintf(numbers->items[i].number, NUMBER_BYTES, "%s", number);
    numbers->items[i].ours = ours;
    if (i == numbers->count)
        numbers->count++;
    pthread_mutex_unlock(&numbers->lock);
}

void known_numbers_forget(struct known_numbers *numbers)
{
    pthread_mutex_lock(&numbers->lock);
    numbers->count = 0;
    pthread_mutex_unlock(&numbers->lock);
}
