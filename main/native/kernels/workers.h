// Threads that help with whatever is being computed: several of TensorFlow's threads may have a job at once, and who has
// nothing to do takes part in any of them.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace dora {

/**
 * Keeps the helpers of a small machine off the processor of who calls them. TensorFlow's own threads look for work for a while
 * before they sleep, so when a job begins no processor is idle; Linux then lets a helper wait behind the caller, and
 * fetches it no sooner than milliseconds later, when the job is over.
 */
class Places {
 public:
#ifdef __linux__
  void join() {
    std::lock_guard<std::mutex> guard(lock_);
    if (threads_.empty()) sched_getaffinity(0, sizeof allowed_, &allowed_);
    threads_.push_back(static_cast<pid_t>(syscall(SYS_gettid)));
  }
  void stayAway() {
    std::lock_guard<std::mutex> guard(lock_);
    const int own = sched_getcpu();
    if (threads_.empty() || threads_.size() > MOST || own < 0 || own == away_) return;
    cpu_set_t others = allowed_;
    CPU_CLR(own, &others);
    if (CPU_COUNT(&others) == 0) return;
    for (const pid_t thread : threads_) sched_setaffinity(thread, sizeof others, &others);
    away_ = own;
  }

 private:
  static constexpr size_t MOST = 3;
  std::mutex lock_;
  std::vector<pid_t> threads_;
  cpu_set_t allowed_;
  int away_ = -1;
#else
  void join() {}
  void stayAway() {}
#endif
};

class Workers {
 public:
  /// `helpers` threads beside the caller's; they are never joined, as a process ends with its engine.
  explicit Workers(int helpers) : helpers_(helpers) {
    for (int i = 0; i < helpers; i++) std::thread([this] { serve(); }).detach();
  }

  /// Threads that work on a job, the caller's among them.
  long threads() const { return helpers_ + 1; }

  /// Calls `work(first, last)` for pieces of `grain` out of `total`, on several threads; returns when all are done.
  void run(long total, long grain, const std::function<void(long, long)>& work) {
    if (total <= grain || helpers_ == 0) return work(0, total);
    Job job(total, grain, work);
    {
      std::lock_guard<std::mutex> guard(lock_);
      jobs_.push_back(&job);
    }
    places_.stayAway();
    const long others = (total + grain - 1) / grain - 1;
    for (long i = 0; i < std::min(others, static_cast<long>(helpers_)); i++) begun_.notify_one();
    job.help();
    std::unique_lock<std::mutex> guard(lock_);
    jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
    ended_.wait(guard, [&job] { return job.inside == 0; });
  }

 private:
  struct Job {
    Job(long all, long piece, const std::function<void(long, long)>& what) : total(all), grain(piece), work(what) {}

    bool hasMore() const { return next < total; }
    void help() {
      for (long at; (at = next.fetch_add(grain)) < total;) work(at, std::min(at + grain, total));
    }

    const long total;
    const long grain;
    const std::function<void(long, long)>& work;
    std::atomic<long> next{0};
    /// Helpers that are at it; counted under the lock, so that the caller does not leave before them.
    int inside = 0;
  };

  Job* open() {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(), [](const Job* job) { return job->hasMore(); });
    return found == jobs_.end() ? nullptr : *found;
  }

  void serve() {
    places_.join();
    std::unique_lock<std::mutex> guard(lock_);
    for (;;) {
      Job* job = nullptr;
      begun_.wait(guard, [&] { return (job = open()) != nullptr; });
      job->inside++;
      guard.unlock();
      job->help();
      guard.lock();
      if (--job->inside == 0) ended_.notify_all();
    }
  }

  const int helpers_;
  Places places_;
  std::mutex lock_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  std::vector<Job*> jobs_;
};

}  // namespace dora
