'use strict';
document.querySelectorAll('.raster').forEach(function(box){
  const image=box.querySelector('img'),cross=box.querySelector('.cross'),said=box.parentNode.querySelector('output');
  const columns=+box.dataset.columns,rows=+box.dataset.rows,events=+box.dataset.events,height=+box.dataset.height;
  const series=box.dataset.series.split(' ').map(function(three){return three.split(',').map(Number)});
  let pixels=null,column=0,row=0;
  const number=function(n){return Math.round(n).toLocaleString('en')};
  function load(){
    const canvas=document.createElement('canvas');canvas.width=columns;canvas.height=rows;
    const context=canvas.getContext('2d');context.drawImage(image,0,0);
    pixels=context.getImageData(0,0,columns,rows).data;
  }
  function tell(){
    if(!pixels)load();
    column=Math.max(0,Math.min(columns-1,column));row=Math.max(0,Math.min(rows-1,row));
    const alpha=pixels[(row*columns+column)*4+3],shade=Math.round((alpha-15)/16);
    const step=height/rows,low=(rows-1-row)*step,three=series[column];
    const state=alpha<8?'not in the heap':shade<=1?'free':shade>=15?'all in use':Math.round((shade-1)/14*100)+' % in use';
    said.textContent='event '+number((column+1)*events/columns)+', bytes '+number(low)+' to '+number(low+step)+': '+state+
      '; live '+number(three[0])+', heap '+number(three[1])+', largest hole '+number(three[2]);
    cross.style.display='block';
    cross.style.left=column/columns*100+'%';cross.style.top=row/rows*100+'%';
    cross.style.width=100/columns+'%';cross.style.height=100/rows+'%';
  }
  box.addEventListener('pointermove',function(event){
    const place=box.getBoundingClientRect();
    column=Math.floor((event.clientX-place.left)/place.width*columns);
    row=Math.floor((event.clientY-place.top)/place.height*rows);tell();
  });
  box.addEventListener('keydown',function(event){
    const far=event.shiftKey?10:1;
    const move={ArrowLeft:[-far,0],ArrowRight:[far,0],ArrowUp:[0,-far],ArrowDown:[0,far]}[event.key];
    if(move){column+=move[0];row+=move[1];tell();event.preventDefault()}
  });
  box.addEventListener('focus',function(){if(!said.textContent){column=columns>>1;row=rows>>1;tell()}});
});
