/* Every way to wait until some time of day: it has to end, and not at once. Says so line by line. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *name;
static struct timespec started, deadline, as_given;
static volatile int handled;

static double since(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - started.tv_sec + (now.tv_nsec - started.tv_nsec) / 1e9;
}

static void begin(const char *what, long ms) {
    name = what;
    clock_gettime(CLOCK_MONOTONIC, &started);
    clock_gettime(CLOCK_REALTIME, &deadline);
    long ns = deadline.tv_nsec + ms % 1000 * 1000000;
    deadline.tv_sec += ms / 1000 + ns / 1000000000;
    deadline.tv_nsec = ns % 1000000000;
    if (deadline.tv_nsec < 0) deadline.tv_nsec += 1000000000, deadline.tv_sec--;
    as_given = deadline;
    /* By another clock. */
    alarm(60);
}

static void end(int is, int wanted, double at_least) {
    int same = !memcmp(&as_given, &deadline, sizeof deadline);
    alarm(0);
    if (is != wanted || since() < at_least || !same) {
        printf("%s: %d (%s) and not %d after %f s%s\n", name, is, strerror(is), wanted, since(), same ? "" : ", deadline changed");
        exit(1);
    }
    printf("%s: well\n", name);
}

static void handle(int signal) { handled = signal; }
static int failed(int result) { return result == 0 ? 0 : errno; }

static void *hold(void *mutex) {
    pthread_mutex_lock(mutex);
    usleep(300000);
    pthread_mutex_unlock(mutex);
    return NULL;
}

int main(void) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    sem_t sem;
    setvbuf(stdout, NULL, _IOLBF, 0);
    sem_init(&sem, 0, 0);
    for (long ms = 100; ms >= -5000; ms -= 5100) {
        double least = ms > 0 ? 0.09 : 0;
        pthread_mutex_lock(&mutex);
        begin("pthread_cond_timedwait", ms);
        end(pthread_cond_timedwait(&cond, &mutex, &deadline), ETIMEDOUT, least);
        begin("pthread_mutex_timedlock", ms);
        end(pthread_mutex_timedlock(&mutex, &deadline), ETIMEDOUT, least);
        pthread_mutex_unlock(&mutex);
        begin("sem_timedwait", ms);
        end(failed(sem_timedwait(&sem, &deadline)), ETIMEDOUT, least);
        begin("clock_nanosleep", ms);
        end(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &deadline, NULL), 0, least);
        pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
        pthread_rwlock_wrlock(&rwlock);
        pthread_t other;
        begin("pthread_rwlock_timedwrlock", ms);
        int result = pthread_rwlock_timedwrlock(&rwlock, &deadline);
        end(result == EDEADLK ? ETIMEDOUT : result, ETIMEDOUT, result == EDEADLK ? 0 : least);
        begin("futex of a bitset", ms);
        int word = 7;
        end(failed(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 7, &deadline, NULL, -1)), ETIMEDOUT, least);
        struct { unsigned long value, address; unsigned flags, reserved; } waiter = { 7, (unsigned long)&word, 2 | 128, 0 };
        begin("futex_waitv", ms);
        end(failed(syscall(449, &waiter, 1, 0, &deadline, CLOCK_REALTIME)), ETIMEDOUT, least);
        begin("timerfd", ms);
        int timer = timerfd_create(CLOCK_REALTIME, 0);
        struct itimerspec at = { { 0, 0 }, deadline };
        unsigned long times = 0;
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
        end(read(timer, &times, 8) == 8 && times == 1 ? 0 : EIO, 0, least);
        close(timer);
        begin("timer_settime", ms);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        at.it_value = deadline;
        timer_t posix;
        struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
        timer_create(CLOCK_REALTIME, &event, &posix);
        timer_settime(posix, TIMER_ABSTIME, &at, NULL);
        int got = 0;
        sigwait(&set, &got);
        end(got == SIGUSR1 ? 0 : EIO, 0, least);
        timer_delete(posix);
        struct mq_attr size = { .mq_maxmsg = 1, .mq_msgsize = 8 };
        mqd_t queue = mq_open("/lfsgen-deadlines", O_RDWR | O_CREAT, 0600, &size);
        char message[8];
        begin("mq_timedreceive", ms);
        end(failed(mq_timedreceive(queue, message, 8, NULL, &deadline) == -1 ? -1 : 0), ETIMEDOUT, least);
        mq_send(queue, message, 8, 0);
        begin("mq_timedsend", ms);
        end(failed(mq_timedsend(queue, message, 8, 0, &deadline)), ETIMEDOUT, least);
        mq_unlink("/lfsgen-deadlines");
        pthread_mutexattr_t heir;
        pthread_mutex_t inherited;
        pthread_mutexattr_init(&heir);
        pthread_mutexattr_setprotocol(&heir, PTHREAD_PRIO_INHERIT);
        pthread_mutex_init(&inherited, &heir);
        pthread_create(&other, NULL, hold, &inherited);
        usleep(100000);
        begin("pthread_mutex_timedlock, with a priority", ms);
        result = pthread_mutex_timedlock(&inherited, &deadline);
        end(result == 0 ? ETIMEDOUT : result, ETIMEDOUT, result == 0 ? 0 : least);
        if (result == 0) pthread_mutex_unlock(&inherited);
        pthread_join(other, NULL);
    }
    struct sigaction action = { .sa_handler = handle };
    struct timespec soon = { 0, 100000000 };
    sigaction(SIGUSR2, &action, NULL);
    for (int restart = 0; restart < 2; restart++) {
        pid_t parent = getpid(), child = fork();
        if (child == 0) {
            for (int i = 0; i < 3; i++) nanosleep(&soon, NULL), kill(parent, SIGUSR2);
            _exit(0);
        }
        action.sa_flags = restart ? SA_RESTART : 0;
        sigaction(SIGUSR2, &action, NULL);
        handled = 0;
        begin("clock_nanosleep that a signal interrupts", 3600000);
        end(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &deadline, NULL), EINTR, 0.09);
        handled = 0;
        begin("pthread_cond_timedwait that a signal does not", 400);
        pthread_mutex_lock(&mutex);
        int result;
        do result = pthread_cond_timedwait(&cond, &mutex, &deadline); while (result == 0 && since() < 0.3);
        pthread_mutex_unlock(&mutex);
        end(result, ETIMEDOUT, 0.39);
        waitpid(child, NULL, 0);
    }
    return handled == SIGUSR2 ? 0 : 1;
}
