# perl: hashes, strings, expressions, and a process of its own for each of some.
exec perl - <<'PROGRAM'
use strict; use warnings;
$ENV{PERL_HASH_SEED} = 0;
my %words;
for my $n (0 .. 60_000) { push @{$words{"word" . ($n * 7919 % 30011)}}, "x" x ($n % 50); }
my $text = join ",", map { "$_=" . join("", @{$words{$_}}) } sort keys %words;
my $count = () = $text =~ /(x+),word(\d*7)=/g;
$text =~ s/x{10,20}/<$&>/g;
printf "%d %d %s\n", length $text, $count, unpack("%32C*", $text);
$| = 1;
for my $n (1 .. 20) {
    my $child = fork;
    if (!$child) { my @list = map { "item $_" } 1 .. $n * 100; printf "%d %d\n", $n, length join "", @list; exit 0; }
    waitpid $child, 0;
}
PROGRAM
