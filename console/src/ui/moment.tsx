import { formatTime } from "../format.ts";

export function Moment({ time }: { time: string }) {
  return <time dateTime={time}>{formatTime(time)}</time>;
}
