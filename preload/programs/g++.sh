# g++: templates of the standard library.
cat >program.cc <<'PROGRAM'
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

int main() {
    std::map<std::string, std::vector<std::string>> words;
    for (int n = 0; n < 20000; n++) words[std::to_string(n * 7919 % 5003)].push_back(std::string(n % 100, 'x'));
    std::vector<std::thread> threads;
    std::vector<std::unordered_map<int, std::string>> maps(4);
    for (auto &map : maps) threads.emplace_back([&map] { for (int n = 0; n < 20000; n++) map[n % 3001] += "y"; });
    for (auto &thread : threads) thread.join();
    std::size_t length = 0;
    for (auto &[word, list] : words) if (std::regex_match(word, std::regex("[0-9]*7"))) for (auto &text : list) length += text.size();
    for (auto &map : maps) for (auto &[number, text] : map) length += text.size();
    std::cout << length << '\n';
}
PROGRAM
g++ -std=c++17 -O1 -c program.cc
sha256sum program.o
g++ -o program program.o
./program
