/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pthread_alphabet: the alphabet program with a thread in the place of each goroutine.
 */
#include <pthread.h>
#include <stdio.h>

static void *print(void *arg) {
    char from = *(const char *)arg;
    for (int count = 0; count < 3; count++)
        for (char c = from; c < from + 26; c++) printf("%c ", c);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t small, capital;
    if (argc != 1) return fprintf(stderr, "usage: %s\n", argv[0]), 2;
    printf("Start Threads\n");
    if (pthread_create(&small, NULL, print, (void *)"a") || pthread_create(&capital, NULL, print, (void *)"A"))
        return fprintf(stderr, "%s: a thread can't be created\n", argv[0]), 1;
    printf("Waiting To Finish\n");
    pthread_join(small, NULL);
    pthread_join(capital, NULL);
    printf("\nTerminating Program\n");
    return 0;
}
