/* FANN (float build) on W1, W2, W3. FANN knows neither cross-entropy, Adam,
 * ReLU nor mini-batches, so the nearest it offers is timed: the same layer
 * sizes, squared error; W1 full batch, W2 and W3 one update a row
 * ("incremental", its usual fast mode). Single-threaded.
 *   cc -O3 -march=native fann_peer.c -o fann_peer -lfloatfann -lm
 */
#include <floatfann.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
static unsigned long long s = 88172645463325252ull;
static float rnd(void) {
    s ^= s << 13; s ^= s >> 7; s ^= s << 17;
    return (float)(s >> 40) / (float)(1 << 24);
}
static int cmp(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    const char *w = "W1", *iris = "iris.csv";
    int serve = 0, repeats = 7, threads = 1;
    double block = 0.4;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--workload")) w = argv[++i];
        else if (!strcmp(argv[i], "--iris")) iris = argv[++i];
        else if (!strcmp(argv[i], "--repeats")) repeats = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--threads")) threads = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--serve")) serve = 1;
        else if (i + 1 < argc) i++; /* other options: ignored */
    }
    int in, hid, out, rows;
    if (!strcmp(w, "W1")) in = 2, hid = 4, out = 1, rows = 4;
    else if (!strcmp(w, "W2")) in = 4, hid = 16, out = 3, rows = 150;
    else if (!strcmp(w, "W3")) in = 784, hid = 128, out = 10, rows = 64 * 32;
    else { fprintf(stderr, "FANN does not do %s\n", w); return 2; }

    struct fann *net = fann_create_standard(3, in, hid, out);
    struct fann_train_data *d = fann_create_train(rows, in, out);
    if (rows == 4) {
        for (int i = 0; i < 4; i++) {
            d->input[i][0] = i & 1; d->input[i][1] = i >> 1;
            d->output[i][0] = (i & 1) ^ (i >> 1);
        }
    } else if (rows == 150) {
        FILE *f = fopen(iris, "r");
        if (!f) { perror(iris); return 2; }
        char line[128], name[32];
        if (!fgets(line, sizeof line, f)) return 2; /* the header */
        for (int i = 0; i < 150; i++) {
            float *x = d->input[i];
            if (fscanf(f, "%f,%f,%f,%f,%31s", &x[0], &x[1], &x[2], &x[3], name) != 5) return 2;
            int c = !strcmp(name, "setosa") ? 0 : !strcmp(name, "versicolor") ? 1 : 2;
            for (int k = 0; k < 3; k++) d->output[i][k] = k == c;
        }
        fclose(f);
    } else {
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < in; k++) d->input[i][k] = rnd();
            for (int k = 0; k < out; k++) d->output[i][k] = 0;
            d->output[i][(int)(rnd() * 9.99f)] = 1;
        }
    }
    fann_set_activation_function_hidden(net, rows == 4 ? FANN_SIGMOID_SYMMETRIC : FANN_LINEAR_PIECE);
    fann_set_activation_function_output(net, FANN_SIGMOID);
    fann_set_training_algorithm(net, rows == 4 ? FANN_TRAIN_BATCH : FANN_TRAIN_INCREMENTAL);
    fann_set_learning_rate(net, rows == 4 ? 0.5f : 0.01f);

    /* a step: W1, W2 one pass over the rows; W3 one pass counts 32 steps */
    int group = rows > 1000 ? 32 : 1;
    long n = 1;
    double dt;
    for (;;) {
        double t = now();
        for (long i = 0; i < n; i++) fann_train_epoch(net, d);
        dt = now() - t;
        if (dt > 0.3) break;
        n = n * 2;
    }
    n = (long)(n * block / dt) + 1;
    const char *unit = rows == 4 ? "us/step" : rows == 150 ? "us/epoch" : "samples/s";
    char head[400];
    snprintf(head, sizeof head,
             "\"workload\":\"%s\",\"peer\":\"fann\",\"threads\":%d,\"variant\":\"\",\"unit\":\"%s\",\"version\":\"FANN 2.2 (float)\"",
             w, threads, unit);
    double *secs = calloc(repeats, sizeof *secs);
    if (serve) {
        char line[64];
        printf("{\"ready\":true,%s}\n", head);
        fflush(stdout);
        while (fgets(line, sizeof line, stdin) && line[0] != 'q') {
            double t = now();
            for (long i = 0; i < n; i++) fann_train_epoch(net, d);
            printf("{\"s\":%e,\"loss\":%g}\n", (now() - t) / n / group, fann_get_MSE(net));
            fflush(stdout);
        }
        return 0;
    }
    for (int r = 0; r < repeats; r++) {
        double t = now();
        for (long i = 0; i < n; i++) fann_train_epoch(net, d);
        secs[r] = (now() - t) / n / group;
    }
    qsort(secs, repeats, sizeof *secs, cmp);
    double med = secs[repeats / 2];
    printf("{%s,\"value\":%g,\"sec_per_step\":%e,\"repeats\":%d,\"loss\":%g}\n", head,
           group == 32 ? 64 / med : med * 1e6, med, repeats, fann_get_MSE(net));
    return 0;
}
