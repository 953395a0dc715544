/* What threads and processes do to each other, while they wait until some time of day or become other programs. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct timespec in(long ms) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    long ns = at.tv_nsec + ms % 1000 * 1000000;
    at.tv_sec += ms / 1000 + ns / 1000000000;
    at.tv_nsec = ns % 1000000000;
    return at;
}

static int wait_until(struct timespec at) {
    return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL);
}

static void expect(const char *what, int is, int wanted) {
    if (is != wanted) {
        printf("%s: %d and not %d\n", what, is, wanted);
        exit(1);
    }
    printf("%s: well\n", what);
}

static void *wait_long(void *unused) {
    wait_until(in(3600000));
    return unused;
}

static void *wait_often(void *unused) {
    for (int i = 0; i < 50; i++) wait_until(in(1));
    return unused;
}

static void *become_another(void *unused) {
    usleep(50000);
    execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
    return unused;
}

static int status_of(pid_t child) {
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static pid_t with_threads(void *(*first)(void *), int others) {
    pid_t child = fork();
    if (child) return child;
    pthread_t thread;
    for (int i = 0; i < others; i++) pthread_create(&thread, NULL, wait_long, NULL);
    pthread_create(&thread, NULL, first, NULL);
    wait_long(NULL);
    _exit(1);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(120);
    for (int i = 0; i < 20; i++) {
        pid_t child = with_threads(become_another, i);
        if (status_of(child) != 7) expect("a thread that becomes another program", 0, 7);
    }
    expect("a thread that becomes another program", 7, 7);

    pid_t child = with_threads(wait_often, 5);
    usleep(20000);
    kill(child, SIGKILL);
    expect("a process that is killed while its threads wait", status_of(child), -SIGKILL);

    pthread_t threads[8];
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, wait_often, NULL);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    expect("threads that wait side by side", 0, 0);

    child = fork();
    if (child == 0) {
        for (int i = 0; i < 30; i++) if (wait_until(in(10))) _exit(1);
        _exit(3);
    }
    int status;
    for (int i = 0; i < 20; i++) {
        usleep(7000);
        kill(child, SIGSTOP);
        waitpid(child, &status, WUNTRACED);
        if (!WIFSTOPPED(status)) expect("a stop", status, 0);
        usleep(1000);
        kill(child, SIGCONT);
        waitpid(child, &status, WCONTINUED);
        if (!WIFCONTINUED(status)) expect("going on", status, 0);
    }
    expect("a process that is stopped and goes on while it waits", status_of(child), 3);

    child = fork();
    if (child == 0) {
        for (int i = 0; i < 200; i++) {
            pid_t other = vfork();
            if (other == 0) { execl("/bin/true", "true", (char *)NULL); _exit(9); }
            if (status_of(other)) _exit(1);
        }
        _exit(4);
    }
    for (int i = 0; i < 100; i++) {
        kill(child, i % 2 ? SIGCONT : SIGSTOP);
        usleep(1000);
    }
    kill(child, SIGCONT);
    expect("programs that begin while all is stopped and goes on", status_of(child), 4);

    child = fork();
    if (child == 0) {
        execl("/nowhere", "nowhere", (char *)NULL);
        _exit(errno == ENOENT ? 5 : 1);
    }
    expect("a program that is not there", status_of(child), 5);

    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execl("/bin/sh", "sh", "-c", "exit 6", (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    expect("a program that is traced by its parent", WIFSTOPPED(status) ? WSTOPSIG(status) : status, SIGTRAP);
    ptrace(PTRACE_CONT, child, NULL, NULL);
    expect("and goes on", status_of(child), 6);
    return 0;
}
