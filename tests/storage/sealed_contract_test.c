/* Sealed, over a directory: the same as what it stands before. */
#include "contract/storage_contract.h"
#include "storage/directory.h"
#include "storage/sealed.h"
#include "support/cmocka_all.h"
#include "temp_folder.h"

static struct storage *open_sealed(void **context)
{
    struct storage *inner = NULL;
    struct error err = {0};
    *context = storage_temp_folder();
    if (storage_directory_open(*context, &inner, &err) < 0) {
        print_error("%s\n", err.message);
        return NULL;
    }
    struct seal_keys *keys = seal_keys_create("AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=", &err);
    return sealed_storage(sealed_create(inner, keys, SEALED_PLAIN_REFUSED));
}

static void close_sealed(struct storage *storage, void *context)
{
    storage_free(storage);
    storage_temp_folder_remove(context);
}

int main(void)
{
    const struct storage_contract contract = {open_sealed, close_sealed};
    return storage_contract_run(&contract);
}
