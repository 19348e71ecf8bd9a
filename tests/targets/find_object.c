/* `_dl_find_object`, which gcc's unwinder for glibc asks for the exception tables of an address, over what musl has. */
#include <link.h>

struct found {
    unsigned long long flags;
    void *start, *end, *map, *tables;
};

struct search {
    ElfW(Addr) address;
    struct found *found;
};

static int look(struct dl_phdr_info *info, size_t size, void *data) {
    struct search *search = data;
    int is_within = 0;
    void *tables = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        ElfW(Addr) start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && search->address - start < part->p_memsz) is_within = 1;
        if (part->p_type == PT_GNU_EH_FRAME) tables = (void *)start;
    }
    if (!is_within || !tables) return 0;
    search->found->tables = tables;
    return 1;
}

int _dl_find_object(void *address, struct found *found) {
    struct search search = {(ElfW(Addr))address, found};
    return dl_iterate_phdr(look, &search) ? 0 : -1;
}
