/** Places of drawings and marks in the picture. */

/** Return where a place of the drawing, in mm, lies in the picture. */
export function placed(matrix, [x, y]) {
  const [u, v, w] = matrix.map((row) => row[0] * x + row[1] * y + row[2]);
  return [u / w, v / w];
}

/** Return the attributes of a mark that keeps its size: see `scaleMarks`. */
export function at([x, y]) {
  return { "data-x": x, "data-y": y };
}
