# gcc: four hundred functions, compiled, linked and called.
{
    printf '#include <stdio.h>\n'
    for number in $(seq 400); do
        printf 'int f%d(int n) { int s = %d; for (int i = 0; i < n; i++) { s = s * 31 + (i ^ %d); if (s %% 7 == 3) s += n; } return s; }\n' "$number" "$number" "$number"
    done
    printf 'int main(void) { unsigned s = 0;\n'
    for number in $(seq 400); do printf 's += f%d(%d);\n' "$number" "$((number % 40))"; done
    printf 'printf("%%u\\n", s); return 0; }\n'
} >program.c
gcc -O1 -c program.c
sha256sum program.o
gcc -o program program.o
./program
