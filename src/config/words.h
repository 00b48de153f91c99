/* Values in tables of words that stand for a whole set; they come first in their table. */
#ifndef CONFIG_SRC_WORDS_H
#define CONFIG_SRC_WORDS_H

#define WORD_EMPTY_SET 0u
#define WORD_FULL_SET (~0u)

#endif
