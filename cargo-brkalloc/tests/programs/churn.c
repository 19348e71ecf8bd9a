/* What the tests record: each argument is something to do, in order. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 64
static void *handed[4][SLOTS];
static pthread_barrier_t barrier;

/* So many blocks, all freed but the last. */
static void churn(int count) {
    void *slots[SLOTS] = {0};
    for (int i = 0; i < count; i++) {
        int slot = i * 7 % SLOTS;
        free(slots[slot]);
        slots[slot] = malloc(1 + i % 1000);
        memset(slots[slot], i, 1 + i % 1000);
        if (i % 5 == 0)
            slots[slot] = realloc(slots[slot], 1 + i % 3000);
    }
    for (int slot = 0; slot < SLOTS; slot++)
        free(slots[slot]);
}

/* Each thread frees what its neighbor allocated. */
static void *thread(void *argument) {
    long own = (long)argument;
    for (int round = 0; round < 500; round++) {
        for (int i = 0; i < SLOTS; i++)
            handed[own][i] = malloc(16 + i);
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < SLOTS; i++)
            free(handed[(own + 1) % 4][i]);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

/* Mappings of their own: an address that one thread frees is the next that another gets. */
static void *mapped(void *argument) {
    for (int i = 0; i < 5000; i++)
        free(malloc(200000));
    return argument;
}

static void threads(void *(*run)(void *)) {
    pthread_t all[4];
    pthread_barrier_init(&barrier, NULL, 4);
    for (long i = 0; i < 4; i++)
        pthread_create(&all[i], NULL, run, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(all[i], NULL);
}

static void *short_thread(void *argument) {
    free(malloc(100));
    return argument;
}

static void every_function(void) {
    void *place = NULL;
    free(calloc(3, 100));
    free(memalign(256, 1000));
    free(aligned_alloc(64, 640));
    if (posix_memalign(&place, 4096, 5000) == 0)
        free(place);
    free(valloc(10));
    free(pvalloc(10));
    free(reallocarray(NULL, 10, 20));
    place = realloc(malloc(10), 100000);
    if (malloc_usable_size(place) < 100000)
        abort();
    if (realloc(place, (size_t)-1 / 2) != NULL)
        abort();
    place = realloc(place, 0);
    free(strdup("a block of the C library's own"));
    free(NULL);
    free(malloc(0));
}

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        char *argument = arguments[i];
        if (strcmp(argument, "threads") == 0)
            threads(thread);
        else if (strcmp(argument, "mapped") == 0) {
            mallopt(M_MMAP_THRESHOLD, 128 << 10);
            threads(mapped);
        } else if (strcmp(argument, "short-threads") == 0)
            for (int k = 0; k < 200; k++) {
                pthread_t one;
                pthread_create(&one, NULL, short_thread, NULL);
                pthread_join(one, NULL);
            }
        else if (strcmp(argument, "every-function") == 0)
            every_function();
        else if (strcmp(argument, "fork") == 0) {
            void *inherited = malloc(50);
            pid_t child = fork();
            free(inherited);
            churn(child == 0 ? 3000 : 1000);
            if (child == 0)
                _exit(0);
            waitpid(child, NULL, 0);
        } else if (strcmp(argument, "exec") == 0) {
            execl(arguments[0], arguments[0], "5000", NULL);
            return 1;
        } else if (strcmp(argument, "kill") == 0)
            kill(getpid(), SIGKILL);
        else if (strcmp(argument, "wait") == 0) {
            close(1);
            close(2);
            sleep(100);
        } else if (strcmp(argument, "exit") == 0)
            _exit(7);
        else if (strcmp(argument, "close") == 0)
            for (int number = 3; number < 100; number++)
                close(number);
        else if (strcmp(argument, "chdir") == 0) {
            if (chdir("/") != 0)
                return 1;
        } else
            churn(atoi(argument));
    }
    return 0;
}
