/*
 * Objects as files of a directory: a key is the path below it, so an operator finds, copies and backs them up with what he
 * has. Files are for their owner alone (0600, folders 0700). What is being written is in `.unfinished` below it, and is
 * moved to its place once it is on the disk; so all of the directory has to be on one file system.
 */
#ifndef STORAGE_DIRECTORY_H
#define STORAGE_DIRECTORY_H

#include "storage/storage.h"

/**
 * Open the directory, made if it is not there.
 * @param err  INVALID if it is no directory or cannot be written
 */
int storage_directory_open(const char *path, struct storage **out, struct error *err) MUST_USE;

#endif
