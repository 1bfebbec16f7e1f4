/** How many a list has, as it was counted: one of more than 10,000 counts as 10,001. */
export const counted = (total: number) => (total > 10_000 ? "more than 10,000" : total.toLocaleString("en"));
