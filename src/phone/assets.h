/* The page's files, built into the program by CMake from the list in assets.cmake. */
#ifndef PHONE_SRC_ASSETS_H
#define PHONE_SRC_ASSETS_H

#include <stddef.h>

struct asset {
    const char *name; /* below /phone/; "" is the page itself */
    const char *type;
    const char *tag; /* ETag with its quotes, made of the bytes */
    const unsigned char *bytes;
    size_t len;
};

extern const struct asset phone_assets[];
extern const size_t phone_asset_count;

#endif
