// Threads that help with jobs, under a checker of races: every piece is done once, also where two callers come at once.
#include "workers.h"

#include <cstdio>
#include <vector>

namespace {

/// Marks pieces of many jobs; how many numbers were not met exactly once.
long marked(dora::Workers& workers, long total, long grain, int rounds) {
  long wrong = 0;
  for (int round = 0; round < rounds; round++) {
    std::vector<int> met(total, 0);
    workers.run(total, grain, [&](long first, long last) {
      for (long i = first; i < last; i++) met[i]++;
    });
    for (int count : met) wrong += count != 1;
  }
  return wrong;
}

}  // namespace

int main() {
  dora::Workers& workers = *new dora::Workers(3);
  std::atomic<long> wrong{0};
  std::vector<std::thread> callers;
  for (long caller = 0; caller < 3; caller++)
    callers.emplace_back([&, caller] {
      for (long grain : {1L, 7L, 64L, 1000L}) wrong += marked(workers, 100 + 37 * caller, grain, 200);
    });
  for (std::thread& caller : callers) caller.join();
  dora::Workers& alone = *new dora::Workers(0);
  wrong += marked(alone, 100, 7, 10) + marked(workers, 0, 7, 1);
  std::printf("%ld\n", wrong.load());
  std::fflush(stdout);
  std::_Exit(wrong == 0 ? 0 : 1);
}
