/* The value of one hexadecimal digit, for the files that decode text a byte at a time. */
#ifndef CORE_HEX_DIGIT_H
#define CORE_HEX_DIGIT_H

/** 0 to 15, or -1. */
static inline int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20U;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
