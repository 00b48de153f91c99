/* The directory does what every backend of the storage has to do. */
#include "contract/storage_contract.h"
#include "storage/directory.h"
#include "support/cmocka_all.h"
#include "temp_folder.h"

static struct storage *open_directory(void **context)
{
    struct storage *storage = NULL;
    struct error err = {0};
    *context = storage_temp_folder();
    if (storage_directory_open(*context, &storage, &err) < 0)
        print_error("%s\n", err.message);
    return storage;
}

static void close_directory(struct storage *storage, void *context)
{
    storage_free(storage);
    storage_temp_folder_remove(context);
}

int main(void)
{
    const struct storage_contract contract = {open_directory, close_directory};
    return storage_contract_run(&contract);
}
