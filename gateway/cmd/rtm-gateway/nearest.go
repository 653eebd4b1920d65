package main

import "fmt"

// didYouMean suggests the known word that is most similar to word. It returns "" if no word is similar.
func didYouMean(word string, known []string) string {
	best, distance := "", 1+len(word)/4
	for _, k := range known {
		if d := edits(word, k); d <= distance {
			best, distance = k, d-1
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// edits returns the Levenshtein distance: how many bytes to insert, remove or replace.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
