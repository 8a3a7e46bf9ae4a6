export function staleReason(folder?: string): string | undefined;
export function ensureInstalled(): void;
