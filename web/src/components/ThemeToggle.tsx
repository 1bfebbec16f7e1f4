import { Moon, Sun } from "lucide-react";
import { useEffect, useState } from "react";
import { currentTheme, hasChosenTheme, onTheme, setTheme } from "@/lib/storage";
import { Button } from "./ui/button";

/** Follows the system until the member chooses. */
export function ThemeToggle() {
  const [theme, set] = useState(currentTheme);
  useEffect(() => {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => {
      if (hasChosenTheme()) return;
      document.documentElement.dataset.theme = system.matches ? "dark" : "light";
      set(currentTheme());
    };
    system.addEventListener("change", follow);
    const away = onTheme(() => set(currentTheme()));
    return () => {
      system.removeEventListener("change", follow);
      away();
    };
  }, []);
  const other = theme === "dark" ? "light" : "dark";
  return (
    <Button
      variant="ghost"
      size="icon"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => setTheme(other)}
    >
      {theme === "dark" ? <Sun className="size-4" aria-hidden /> : <Moon className="size-4" aria-hidden />}
    </Button>
  );
}
