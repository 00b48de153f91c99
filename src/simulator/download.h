/* Recordings' sound on its way to whoever fetches it. For front.c and simulator.c alone. */
#ifndef SIMULATOR_DOWNLOAD_H
#define SIMULATOR_DOWNLOAD_H

#include "http/request.h"
#include "http/response.h"
#include "running.h"

/** In a handler: answer with this sound, made as it is taken. */
int download_begin(struct simulator *simulator,
                   struct request *request,
                   struct response *response,
                   const struct sim_media *media,
                   int status,
                   struct error *err) MUST_USE;

/** Send what slow downloads are due. Clock's thread, under the lock. @return when the next is, in simulator's real milliseconds; -1: none */
int64_t downloads_go_on(struct simulator *simulator);

#endif
