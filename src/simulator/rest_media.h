/* The sound of recordings, as the REST API serves it. */
#ifndef SIMULATOR_REST_MEDIA_H
#define SIMULATOR_REST_MEDIA_H

#include "rest.h"

/** Is this the path of a recording's sound? */
bool rest_is_media(const char *path);

rest_fn rest_media_wav, rest_media_mp3;

#endif
