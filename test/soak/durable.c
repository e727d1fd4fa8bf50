/*
 * Preloaded into host and engine (LD_PRELOAD): after every fsync it copies what was synced into DURABLE_MIRROR, so that
 * what a power cut at this moment would leave can be put together again (power-cut.ts). Files are kept by inode and birth;
 * of a folder, its list of names. Whatever was never synced is not in the mirror.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Inodes are given out again, births are not. */
static void key_of(int folder, const char *name, char *key, size_t size, mode_t *mode) {
  struct statx found;
  if (statx(folder, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME | STATX_MODE, &found) != 0) {
    *mode = 0;
    return;
  }
  *mode = found.stx_mode;
  snprintf(key, size, "%llu-%lld-%u", (unsigned long long)found.stx_ino, (long long)found.stx_btime.tv_sec,
           found.stx_btime.tv_nsec);
}

static void keep_file(int fd, FILE *out) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int in = open(path, O_RDONLY | O_CLOEXEC);
  if (in < 0) return;
  struct stat found;
  off_t at = 0;
  if (fstat(in, &found) == 0)
    while (at < found.st_size && sendfile(fileno(out), in, &at, found.st_size - at) > 0) {
    }
  close(in);
}

static void keep_folder(int fd, FILE *out) {
  int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = again < 0 ? NULL : fdopendir(again);
  if (!folder) return;
  for (struct dirent *entry; (entry = readdir(folder));) {
    char key[96];
    mode_t mode;
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    key_of(fd, entry->d_name, key, sizeof key, &mode);
    if (S_ISDIR(mode) || S_ISREG(mode)) fprintf(out, "%s %c %s\n", key, S_ISDIR(mode) ? 'd' : 'f', entry->d_name);
  }
  closedir(folder);
}

static void keep(int fd) {
  const char *mirror = getenv("DURABLE_MIRROR");
  char key[96], partial[4096], whole[4096];
  mode_t mode;
  if (!mirror) return;
  key_of(fd, "", key, sizeof key, &mode);
  if (!S_ISDIR(mode) && !S_ISREG(mode)) return;
  snprintf(partial, sizeof partial, "%s/partial-%d-%s", mirror, getpid(), key);
  snprintf(whole, sizeof whole, "%s/%s", mirror, key);
  FILE *out = fopen(partial, "we");
  if (!out) return;
  if (S_ISDIR(mode)) keep_folder(fd, out);
  else keep_file(fd, out);
  fclose(out);
  rename(partial, whole);
}

#define SYNC(name)                                                \
  int name(int fd) {                                              \
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name);     \
    int result = real(fd);                                        \
    if (result == 0) keep(fd);                                    \
    return result;                                                \
  }

SYNC(fsync)
SYNC(fdatasync)
