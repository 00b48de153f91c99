/* Prints what is made from the table of options: `print_options help`, `env-example`, `markdown`.
 */
#include <stdio.h>
#include <string.h>

#include "config/print.h"
#include "core/macros.h"

static const struct {
    const char *word;
    void (*print)(FILE *out);
} prints[] = {
    {"help",        config_print_help       },
    {"env-example", config_print_env_example},
    {"markdown",    config_print_markdown   },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(prints); i++)
        if (strcmp(argv[1], prints[i].word) == 0) {
            prints[i].print(stdout);
            return 0;
        }
    (void)fputs("usage: print_options help|env-example|markdown\n", stderr);
    return 2;
}
