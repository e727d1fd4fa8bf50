// Threads that help with one job at a time. A second job that comes meanwhile is done by its caller alone: it is on one of
// TensorFlow's threads, and all processors have work already.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace dora {

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
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (total <= grain || helpers_ == 0 || !turn.owns_lock()) return work(0, total);
    next_ = 0;
    {
      std::lock_guard<std::mutex> guard(lock_);
      job_ = {total, grain, &work};
      number_++;
    }
    const long others = (total + grain - 1) / grain - 1;
    if (others < helpers_) for (long i = 0; i < others; i++) begun_.notify_one();
    else begun_.notify_all();
    help(total, grain, work);
    std::unique_lock<std::mutex> guard(lock_);
    job_.work = nullptr;
    ended_.wait(guard, [this] { return inside_ == 0; });
  }

 private:
  struct Job {
    long total = 0;
    long grain = 0;
    const std::function<void(long, long)>* work = nullptr;
  };

  void help(long total, long grain, const std::function<void(long, long)>& work) {
    for (long at; (at = next_.fetch_add(grain)) < total;) work(at, at + grain < total ? at + grain : total);
  }

  void serve() {
    long seen = 0;
    std::unique_lock<std::mutex> guard(lock_);
    for (;;) {
      begun_.wait(guard, [&] { return job_.work != nullptr && number_ != seen; });
      seen = number_;
      const Job job = job_;
      inside_++;
      guard.unlock();
      help(job.total, job.grain, *job.work);
      guard.lock();
      if (--inside_ == 0) ended_.notify_one();
    }
  }

  const int helpers_;
  std::mutex turn_;
  std::mutex lock_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  std::atomic<long> next_{0};
  Job job_;
  long number_ = 0;
  int inside_ = 0;
};

}  // namespace dora
