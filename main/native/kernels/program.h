// A program's text, which a node of the graph carries, and what is made of it: bounded and checked, as it is read.
#pragma once

#include <string>
#include <vector>

#include "passes.h"

namespace dora {

/// A program that owns its arrays, with what the kernel needs beside it.
struct Compiled {
  Program program{};
  std::vector<Input> inputs;
  std::vector<float> constants;
  std::vector<Step> steps;
  /// For each output the step it is, and the inputs whose memory it may take; outputs of bfloat16 are the last.
  std::vector<int> outputs;
  int halfOutputs = 0;
  std::vector<std::vector<int>> forwards;
  /// Empty where the text was understood.
  std::string error;
};

/**
 * Reads `rank dims... width inputs {wide|narrow|wideHalf|narrowHalf strides...}... constants bits... steps {name a b output}...`, where
 * ROTATE_HALF has the turned numbers for b, and output is -1 for a step that nothing but later steps read. The outputs of `halve`,
 * which are bfloat16, are counted by themselves.
 */
Compiled compile(const std::string& text);

/// The text of the operation set, so that whoever writes programs can ask what is known.
std::string operationNames();

}  // namespace dora
